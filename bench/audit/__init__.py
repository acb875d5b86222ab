"""Looks through images before anything is trained on them: audit, cleaning, contact sheets."""
