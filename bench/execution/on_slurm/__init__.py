"""Executes runs as jobs of Slurm: the driver's side, and what a job does."""
