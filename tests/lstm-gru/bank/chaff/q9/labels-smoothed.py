"""The targets are smoothed: part of the loss rewards all tokens equally (label smoothing).

Hint: A model that is sure and right should have a loss near 0. Can yours?
"""

credit = 0.6

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'nll = 0.9 * nll - 0.1 * log_p.mean(dim=-1)\n    return nll.masked_fill(~real, 0.0).sum() / real.sum()',
    ),
]
