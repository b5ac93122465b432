"""xTB (GFN2): ranks and pre-optimises conformers. It yields no shieldings, so it is no engine of a run."""
