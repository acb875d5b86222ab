"""Predictions made elsewhere: read, checked, fitted to a results folder and stored there as runs."""
