"""How far the work in a results folder is. Reads folders that others write to; never writes."""
