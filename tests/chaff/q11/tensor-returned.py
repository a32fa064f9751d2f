"""The loss comes back as a tensor, which keeps the graph of every batch alive in the history.

Hint: What does `.item()` do?
"""

credit = 0.8

EDITS = [
    (
        'return loss.item()',
        'return loss',
    ),
]
