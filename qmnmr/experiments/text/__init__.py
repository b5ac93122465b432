"""Running text of a paper: characters, numbers, headings, signals and what stands behind them."""
