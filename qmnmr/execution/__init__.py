"""Everything that starts processes: programs, scratch folders, calculations, molecules."""
