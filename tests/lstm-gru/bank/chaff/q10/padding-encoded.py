"""`source_lengths` is ignored, so the encoder reads the padding too.

Hint: `encode` asks for the lengths. Which ones does it get?
"""

credit = 0.6

EDITS = [
    (
        'model.encode(source, source_lengths)',
        'model.encode(source, torch.full_like(source_lengths, source.shape[1]))',
    ),
]
