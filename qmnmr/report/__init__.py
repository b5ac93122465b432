"""Predictions as people and programs read them: tables, text, JSON, structure files."""
