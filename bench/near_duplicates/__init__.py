"""Finds copies of images among others: hashes propose, an aligned comparison confirms. Knows arrays only."""
