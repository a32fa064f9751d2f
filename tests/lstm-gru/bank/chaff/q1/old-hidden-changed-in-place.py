"""The caller's h is changed in place.

Hint: Keep a copy of h before the call and compare it afterwards. Which of your lines writes into the tensor that the
caller still holds?
"""

credit = 0.7

EDITS = [
    ("new_h = o * shown", "new_h = h.copy_(o * shown)"),
]
