"""What came in: notebooks, folders, names."""
