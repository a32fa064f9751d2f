"""The record of one graded submission: its versioned model and schema, and the hashes that say whether it still holds."""
