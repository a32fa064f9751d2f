"""What came in: notebooks, folders, tables, names."""
