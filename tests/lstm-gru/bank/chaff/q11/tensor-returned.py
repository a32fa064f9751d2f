"""The loss is returned as a tensor; the contract asks for a Python number, which keeps nothing of the batch alive in the history.

Hint: What does `.item()` do?
"""

credit = 0.8

EDITS = [
    (
        'return loss.item()',
        'return loss',
    ),
]
