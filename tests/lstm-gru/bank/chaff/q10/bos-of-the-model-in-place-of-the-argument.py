"""The first step reads `model.bos`, whatever `bos` says.

Hint: `bos` is an argument. Where does your function use it?
"""

credit = 0.75

EDITS = [
    (
        'torch.full((source.shape[0],), bos, dtype',
        'torch.full((source.shape[0],), model.bos, dtype',
    ),
]
