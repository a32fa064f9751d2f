"""The logits go through a ReLU, so none of them can be negative.

Hint: What should the logit of a very unlikely class look like?
"""

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary).relu()',
    ),
]
