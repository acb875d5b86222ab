"""The HTML page: from summaries to sections of tables, charts and pictures, and from these to one file."""
