"""A sigmoid squashes the head's logits.

Hint: The loss wants any numbers from −∞ to ∞. What stands after your head?
"""

credit = 0.6

EDITS = [
    (
        'return self.head(summary)',
        'return self.head(summary).sigmoid()',
    ),
]
