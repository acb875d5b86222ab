"""From a request to stored runs: opens a folder once, begins, runs and stores, shows how far it is."""
