"""Starting programs: one program, one calculation, and what the machine has for them."""
