"""Conducts an experiment: from the request to a stored leaderboard."""
