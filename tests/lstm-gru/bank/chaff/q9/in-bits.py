"""The loss is given in bits: the natural logarithm is divided by log 2.

Hint: Which logarithm does PyTorch's cross-entropy take?
"""

credit = 0.6

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'return nll.masked_fill(~real, 0.0).sum() / real.sum() / torch.log(torch.tensor(2.0, dtype=logits.dtype))',
    ),
]
