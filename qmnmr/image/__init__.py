"""The container image: built, tested, signed."""
