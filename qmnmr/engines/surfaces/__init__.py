"""Energy surfaces that are cheap enough to be walked on in this process: coordinates, minima, models of DFT's."""
