"""A sigmoid squashes the head's logits.

Hint: The loss takes any numbers from −∞ to ∞. What comes after your head?
"""

credit = 0.6

EDITS = [
    (
        'return self.head(summary)',
        'return self.head(summary).sigmoid()',
    ),
]
