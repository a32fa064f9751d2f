"""The new state goes through one more tanh.

Hint: The blend of old state and candidate is the new state. With z = 1, should h stay exactly as it was?
"""

credit = 0.6

EDITS = [
    ("new_h = fresh + kept", "new_h = torch.tanh(fresh + kept)"),
]
