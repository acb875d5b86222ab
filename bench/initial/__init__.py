"""A first configuration for images that nobody has described: what is there, what is chosen, and why."""
