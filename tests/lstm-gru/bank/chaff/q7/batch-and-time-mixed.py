"""Batch and time axes are swapped before the recurrent layer, so it runs over the sequences of the batch.

Hint: The layer takes (N, T, E). Print the shape of what you give to it.
"""

credit = 0.3

EDITS = [
    (
        'outputs, _ = self.recurrent(x)',
        'outputs, _ = self.recurrent(x.transpose(0, 1))',
    ),
    (
        'last_valid(outputs, lengths)',
        'last_valid(outputs.transpose(0, 1), lengths)',
    ),
]
