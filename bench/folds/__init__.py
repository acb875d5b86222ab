"""Which case is held out when."""
