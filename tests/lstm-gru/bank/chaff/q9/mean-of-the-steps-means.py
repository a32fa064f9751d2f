"""The loss is the mean of the time steps' own means over the sequences.

Hint: Step 0 has 4 tokens and step 9 has one. How much should that one count?
"""

credit = 0.6

EDITS = [
    (
        '    return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        '    count = real.sum(dim=0)\n    per_step = nll.masked_fill(~real, 0.0).sum(dim=0)[count > 0] / count[count > 0]\n    return per_step.mean()',
    ),
]
