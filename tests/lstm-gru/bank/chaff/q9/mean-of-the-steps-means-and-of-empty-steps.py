"""The loss is the mean of the time steps' own means over the sequences, steps of padding alone included.

Hint: Step 0 has 4 tokens and step 9 has none. What is the mean of no tokens, and how much should each token count?
"""

credit = 0.5

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'return (nll.masked_fill(~real, 0.0).sum(dim=0) / real.sum(dim=0)).mean()',
    ),
]
