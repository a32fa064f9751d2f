"""The loss comes back as a tensor, which keeps the graph of every batch alive in the history.

Hint: What does `.item()` do?
"""

EDITS = [
    (
        'return loss.item()',
        'return loss',
    ),
]
