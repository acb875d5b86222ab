"""Runs that differ in one source of randomness or in nothing, and where they part."""
