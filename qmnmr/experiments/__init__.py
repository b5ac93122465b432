"""Experiments as people have them (paragraphs, lists, tables, programs' files) to `Experiment`; refusals with reasons."""
