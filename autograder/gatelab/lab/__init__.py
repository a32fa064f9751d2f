"""The lab: its table, its check, its bank."""
