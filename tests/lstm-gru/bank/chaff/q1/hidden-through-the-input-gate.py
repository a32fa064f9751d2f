"""The new hidden state goes through the input gate instead of the output gate.

Hint: Which gate decides what the cell shows, and which what it writes?
"""

credit = 0.5

EDITS = [
    ('new_h = o * shown', 'new_h = i * shown'),
]
