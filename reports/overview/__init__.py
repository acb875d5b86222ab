"""The leaderboard on one screen: a typed overview of it, and its drawing as plain lines."""
