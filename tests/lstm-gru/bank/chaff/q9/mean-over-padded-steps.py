"""The losses of the padding are left out of the sum, but its steps are counted in the mean.

Hint: By how many tokens must the sum be divided so that more padding does not make the loss smaller?
"""

credit = 0.5

EDITS = [
    (
        '/ real.sum()',
        '/ real.numel()',
    ),
]
