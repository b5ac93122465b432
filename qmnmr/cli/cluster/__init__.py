"""The commands for clusters, and what they have in common."""
