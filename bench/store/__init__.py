"""The results folder: typed records, atomic writes, the lock. The only code that writes there."""
