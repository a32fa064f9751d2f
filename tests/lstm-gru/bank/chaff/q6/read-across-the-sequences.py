"""The batch is laid out as one long sequence and indexed by `lengths − 1`: all rows are read from the first sequence (or from where it ends).

Hint: After reshape(−1, H), at which row does sequence n begin?
"""

credit = 0.4

EDITS = [
    (
        'return outputs[rows, lengths - 1]',
        'return outputs.reshape(-1, outputs.shape[2])[lengths - 1]',
    ),
]
