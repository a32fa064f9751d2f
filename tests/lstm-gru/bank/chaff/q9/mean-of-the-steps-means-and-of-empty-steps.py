"""Every time step has its mean over the sequences, also a step of padding alone, and the loss is the mean of those.

Hint: Step 0 has 4 tokens and step 9 has none. What is the mean of no tokens, and how much should each token count?
"""

credit = 0.5

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'return (nll.masked_fill(~real, 0.0).sum(dim=0) / real.sum(dim=0)).mean()',
    ),
]
