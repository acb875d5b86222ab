"""Whether a report is the one that the stored predictions give."""
