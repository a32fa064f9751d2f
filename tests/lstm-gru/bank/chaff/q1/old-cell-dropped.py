"""The old cell state is thrown away: the new one holds only what this step writes.

Hint: Follow a number that was stored in c before this step. Where does it go?
"""

credit = 0

EDITS = [
    ("new_c = kept + written", "new_c = written"),
]
