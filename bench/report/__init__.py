"""From the entries of a results folder to its leaderboard, worklist and page."""
