"""The reset gate is computed but never used.

Hint: Set r to zero in your head: what changes in your candidate?
"""

EDITS = [
    ("reset = r * h_n", "reset = h_n"),
]
