"""The first output is the state that the layer starts from: the loop starts at t = 1, and the first input is never read.

Hint: outputs[:, 0] is the hidden state after the first step. Which input has that step read?
"""

credit = 0.5

EDITS = [
    (
        '''        outputs = []
        for t in range(x.shape[1]):
            h, c, _''',
        '''        outputs = [h]
        for t in range(1, x.shape[1]):
            h, c, _''',
    ),
    (
        '''        outputs = []
        for t in range(x.shape[1]):
            h, _''',
        '''        outputs = [h]
        for t in range(1, x.shape[1]):
            h, _''',
    ),
]
