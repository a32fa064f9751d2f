"""The softmax is taken twice: probabilities go into a cross-entropy that takes the softmax itself.

Hint: What does `F.cross_entropy` do with its first argument before the logarithm?
"""

credit = 0.5

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'log_p = torch.log_softmax(logits.softmax(dim=-1), dim=-1)',
    ),
]
