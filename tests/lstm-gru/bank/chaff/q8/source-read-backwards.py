"""The source is reversed before it is encoded, which puts the padding in front.

Hint: A paper from 2014 found that this helped. What does the text ask for, and what becomes of `source_lengths`?
"""

credit = 0.5

EDITS = [
    (
        'x = self.source_embedding(source)',
        'x = self.source_embedding(source.flip(1))',
    ),
]
