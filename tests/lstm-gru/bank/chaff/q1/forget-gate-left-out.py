"""The old cell state is kept whole: the forget gate does not touch it.

Hint: How could this cell ever get rid of a number? One of your gates is computed and not used.
"""

credit = 0.3

EDITS = [
    ("kept = f * c", "kept = c"),
]
