"""The exponential of the loss is returned (the perplexity).

Hint: What is your loss where every target has probability 1? It should be 0.
"""

credit = 0.5

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'return (nll.masked_fill(~real, 0.0).sum() / real.sum()).exp()',
    ),
]
