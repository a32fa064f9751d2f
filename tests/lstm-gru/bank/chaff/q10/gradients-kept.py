"""Decoding builds the graph of all its steps, which nobody will use.

Hint: What does torch remember of a step unless it is told not to?
"""

credit = 0.8

EDITS = [
    (
        'with torch.no_grad():',
        'with torch.enable_grad():',
    ),
]
