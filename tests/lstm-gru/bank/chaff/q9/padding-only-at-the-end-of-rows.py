"""As many steps as a row has tokens are counted from its start, as if padding stood at the end of rows only.

Hint: Which steps count if a padded step stands between two tokens?
"""

credit = 0.7

EDITS = [
    (
        '    real = targets != pad  # (N, T)\n',
        '    lengths = (targets != pad).sum(dim=1, keepdim=True)  # (N, 1)\n    real = torch.arange(targets.shape[1]) < lengths  # (N, T)\n',
    ),
]
