"""Typed tables of leaderboards, for readers and for machines, before they are drawn."""
