"""The old state does not enter the blend: the new one is only the scaled candidate.

Hint: Follow a number of h through a step with an open update gate. Does it arrive?
"""

credit = 0

EDITS = [
    ("new_h = fresh + kept", "new_h = fresh"),
]
