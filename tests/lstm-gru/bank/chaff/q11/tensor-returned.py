"""The loss comes back as a tensor; asked for is a Python number, which keeps nothing of the batch alive in the history.

Hint: What does `.item()` do?
"""

credit = 0.8

EDITS = [
    (
        'return loss.item()',
        'return loss',
    ),
]
