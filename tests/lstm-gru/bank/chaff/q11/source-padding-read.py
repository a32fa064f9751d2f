"""The source lengths are ignored, so the encoder reads the padding too.

Hint: The batch has three parts. What becomes of the second?
"""

credit = 0.6

EDITS = [
    (
        'model(source, source_lengths, targets',
        'model(source, source_lengths * 0 + source.shape[1], targets',
    ),
]
