"""Job arrays: from a submission to what is collected."""
