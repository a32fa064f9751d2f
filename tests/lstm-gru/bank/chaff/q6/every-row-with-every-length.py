"""Indexing with `:` pairs every sequence with every length: the result has one axis too many.

Hint: What shape does outputs[:, lengths - 1] have, and what would pair row n with length n?
"""

credit = 0.6

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs[:, lengths - 1]"),
]
