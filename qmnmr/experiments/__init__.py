"""Experiments as people have them (paragraphs, tables, programs' files) to `Experiment`; refusals with reasons."""
