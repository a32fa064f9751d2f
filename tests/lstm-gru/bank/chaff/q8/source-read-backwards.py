"""The source is turned round before it is encoded, and with the padding in front.

Hint: In a paper of 2014 that helped. What does the text ask for, and what becomes of `source_lengths`?
"""

credit = 0.5

EDITS = [
    (
        'x = self.source_embedding(source)',
        'x = self.source_embedding(source.flip(1))',
    ),
]
