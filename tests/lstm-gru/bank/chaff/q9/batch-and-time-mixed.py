"""Targets are flattened with the time axis first, logits with the batch first, so they do not belong together.

Hint: Flatten (N, T, V) and (N, T): does entry k mean the same sequence and step in both?
"""

credit = 0.4

EDITS = [
    (
        'index = targets.unsqueeze(-1)',
        'index = targets.T.reshape(targets.shape).unsqueeze(-1)',
    ),
    (
        'real = targets != pad',
        'real = index.squeeze(-1) != pad',
    ),
]
