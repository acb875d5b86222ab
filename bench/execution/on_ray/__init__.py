"""Executes runs on a Ray cluster: the driver's side, and what works on its nodes."""
