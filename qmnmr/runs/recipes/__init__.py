"""Recipes: what a protocol's name, or a file of the user's own, says; levels in one word."""
