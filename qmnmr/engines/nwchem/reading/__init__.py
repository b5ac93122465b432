"""The parts of an NWChem output, each read by itself."""
