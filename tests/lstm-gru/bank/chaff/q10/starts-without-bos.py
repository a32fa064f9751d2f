"""The first step reads `pad` instead of `bos`.

Hint: Which token has the decoder read at step 0 all through training?
"""

credit = 0.65

EDITS = [
    (
        'torch.full((source.shape[0],), bos, dtype',
        'torch.full((source.shape[0],), pad, dtype',
    ),
]
