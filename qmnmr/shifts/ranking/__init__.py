"""Which of several candidates a spectrum is of: probabilities with "none of these", and DP4 beside them."""
