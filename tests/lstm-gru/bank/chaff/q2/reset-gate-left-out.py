"""The reset gate is computed but never used.

Hint: Set r to zero in your head: what changes in your candidate?
"""

credit = 0.3

EDITS = [
    ("reset = r * h_n", "reset = h_n"),
]
