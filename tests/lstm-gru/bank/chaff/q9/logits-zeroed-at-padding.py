"""The logits at the padding are set to 0 and stay in the mean: each costs log V.

Hint: What does the cross-entropy of equal logits come to? Take the padding out of the sum and of the count.
"""

credit = 0.4

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'logits = logits.masked_fill((targets == pad).unsqueeze(-1), 0.0)\n    log_p = torch.log_softmax(logits, dim=-1)',
    ),
    (
        '    return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        '    return nll.mean()',
    ),
]
