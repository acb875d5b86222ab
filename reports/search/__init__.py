"""What a search found, in tables and charts. Pure."""
