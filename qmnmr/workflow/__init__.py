"""Plans, run folders and predictions: joins the steps and alone knows the names of files."""
