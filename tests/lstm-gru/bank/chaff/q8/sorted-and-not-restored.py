"""The batch is sorted by length and the states are not put back in order: every sequence gets another one's state.

Hint: Which row of your state belongs to source[0]? After sorting, the order has to be undone.
"""

credit = 0.5

EDITS = [
    (
        '        return h, c\n',
        '        order = source_lengths.argsort(descending=True, stable=True)\n        return h[order], c[order]\n',
    ),
]
