"""The logits go through a ReLU, so none of them can be negative.

Hint: What should the logit of a very unlikely class look like?
"""

credit = 0.6

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary).relu()',
    ),
]
