"""Readers of public head-CT sets, laid out as they download. Research use only, never for diagnosis."""
