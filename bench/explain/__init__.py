"""Explains stored models: importance maps, their numbers, and galleries of them."""
