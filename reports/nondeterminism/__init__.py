"""How much runs differ that should not, or only in one source of randomness. Pure."""
