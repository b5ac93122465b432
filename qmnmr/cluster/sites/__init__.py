"""Where to run: site profiles, and which partition a job goes to."""
