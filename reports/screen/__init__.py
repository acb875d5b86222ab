"""Screens of many backbones: what each costs and how well it does."""
