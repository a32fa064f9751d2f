"""Decoding makes one more step after every sequence has ended.

Hint: When do you check whether all have ended: before or after you record the newest token?
"""

credit = 0.7

EDITS = [
    (
        '''            ended = ended | (token == eos)
            if ended.all():
                break
''',
        '''            if ended.all():
                break
            ended = ended | (token == eos)
''',
    ),
]
