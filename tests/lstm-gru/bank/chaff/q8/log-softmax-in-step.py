"""`step` returns log-probabilities (log-softmax) instead of logits.

Hint: Which function takes the logarithm of the softmax later on anyway?
"""

credit = 0.7

EDITS = [
    (
        'return self.head(outputs[:, 0]), state',
        'return torch.log_softmax(self.head(outputs[:, 0]), dim=1), state',
    ),
]
