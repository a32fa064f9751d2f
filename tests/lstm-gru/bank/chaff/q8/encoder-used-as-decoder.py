"""The decoder's steps run through the encoder's weights.

Hint: There are two layers. Which one does `step` call?
"""

credit = 0.3

EDITS = [
    (
        'outputs, state = self.decoder(x, state)',
        'outputs, state = self.encoder(x, state)',
    ),
]
