"""Rows and columns: lists of two columns, CSV, tables that programs export."""
