"""Tables as Markdown, LaTeX, CSV, JSON and HTML."""
