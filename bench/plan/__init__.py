"""From an experiment to the list of runs that it takes. Pure."""
