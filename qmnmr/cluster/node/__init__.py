"""On a node: one task of an array."""
