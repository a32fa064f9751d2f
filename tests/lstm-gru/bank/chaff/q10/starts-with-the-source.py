"""The first step reads the first source token instead of `bos`.

Hint: Source and target tokens are two vocabularies. What begins a target?
"""

credit = 0.6

EDITS = [
    (
        'token = torch.full((source.shape[0],), bos, dtype=torch.int64)',
        'token = source[:, 0].clamp(max=6)',
    ),
]
