"""At padding the state is set to zero instead of being kept.

Hint: What should a sequence that is over hand to the decoder when its neighbours still run?
"""

credit = 0.4

EDITS = [
    (
        'torch.where(valid, h_next, h)',
        'h_next * valid',
    ),
    (
        'torch.where(valid, c_next, c)',
        'c_next * valid',
    ),
]
