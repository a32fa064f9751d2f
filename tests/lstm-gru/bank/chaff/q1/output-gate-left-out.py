"""The new hidden state is tanh(c), without the output gate.

Hint: One of your four gates is computed, returned and never used. Which, and what is it for?
"""

credit = 0.45

EDITS = [
    ("new_h = o * shown", "new_h = shown"),
]
