"""The targets are shifted twice: at step t the decoder reads the token of step t − 2.

Hint: Is the sequence already shifted when your loop shifts it?
"""

credit = 0.5

EDITS = [
    (
        'inputs = shift_right(targets, self.bos)',
        'inputs = shift_right(shift_right(targets, self.bos), self.bos)',
    ),
]
