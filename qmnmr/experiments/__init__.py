"""Experiments as people have them, paragraphs, lists, tables and programs' files, to `Experiment`; refusals with reasons."""
