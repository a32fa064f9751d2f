"""The model returns log-probabilities (log-softmax) instead of logits.

Hint: `cross_entropy` expects the head's raw numbers; `nll_loss` is the one that wants log-probabilities.
"""

credit = 0.7

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary).log_softmax(dim=-1)',
    ),
]
