"""The logits are reshaped to (N, V, T) instead of transposed: numbers of different tokens are mixed.

Hint: view and reshape read the numbers in their old order. What swaps two axes?
"""

credit = 0.5

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        'logits = logits.reshape(logits.shape[0], logits.shape[2], logits.shape[1]).transpose(1, 2)\n    log_p = torch.log_softmax(logits, dim=-1)',
    ),
]
