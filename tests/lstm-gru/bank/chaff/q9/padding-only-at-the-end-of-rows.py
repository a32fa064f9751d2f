"""The steps that count are each row's first ones, as many as it has tokens, as if padding came only at the end.

Hint: Which steps count if there is a padded step between two tokens?
"""

credit = 0.7

EDITS = [
    (
        '    real = targets != pad  # (N, T)\n',
        '    lengths = (targets != pad).sum(dim=1, keepdim=True)  # (N, 1)\n    real = torch.arange(targets.shape[1]) < lengths  # (N, T)\n',
    ),
]
