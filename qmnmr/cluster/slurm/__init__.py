"""The one place that knows Slurm's words."""
