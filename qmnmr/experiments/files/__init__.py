"""Formats of programs: NMReDATA, JCAMP-DX, peak lists of TopSpin, NMRium, lists of DP4 programs."""
