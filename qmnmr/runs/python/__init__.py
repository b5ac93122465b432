"""What Python programs and notebooks call, and what they get."""
