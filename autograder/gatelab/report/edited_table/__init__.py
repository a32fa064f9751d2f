"""The table of grades as it comes back from a spreadsheet: which marks and corrections were typed into it."""
