"""Where cases come from and how their pixels are read."""
