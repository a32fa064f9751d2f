"""The loss adds up probabilities instead of their logarithms.

Hint: What is the cross-entropy of a token that got the probability 1, and of one that got nearly 0?
"""

credit = 0.4

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'log_p = torch.softmax(logits, dim=-1)',
    ),
]
