"""The graph is cut between encoder and decoder, so the encoder never learns.

Hint: Which parameters have a `.grad` after `loss.backward()`?
"""

credit = 0.5

EDITS = [
    (
        'state = self.encode(source, source_lengths)',
        'state = tuple(s.detach() for s in self.encode(source, source_lengths))',
    ),
]
