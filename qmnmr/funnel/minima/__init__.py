"""The search at the level of the ranking: minima of GFN2-xTB from two independent sources of starts."""
