"""The results folder: the only place that results are written to, and the only code that writes there."""
