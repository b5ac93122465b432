"""One molecule through a protocol."""
