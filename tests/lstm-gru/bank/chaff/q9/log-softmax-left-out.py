"""Raw logits are used as if they were log-probabilities.

Hint: `nll_loss` and `gather` expect log-probabilities. Do the exponentials of your rows add up to 1?
"""

credit = 0.5

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'log_p = logits',
    ),
]
