"""The summary goes through a tanh before the head.

Hint: The layer's output has been squashed already. What does the question put between it and the head?
"""

credit = 0.6

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary.tanh())',
    ),
]
