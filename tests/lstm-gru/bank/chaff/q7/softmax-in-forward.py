"""The model returns probabilities (softmax) instead of logits.

Hint: `cross_entropy` takes the softmax itself. What happens to the gradient when it is taken twice?
"""

credit = 0.6

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary).softmax(dim=-1)',
    ),
]
