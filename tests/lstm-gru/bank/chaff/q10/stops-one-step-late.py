"""One step more is made after every sequence has ended.

Hint: When do you look whether all have ended: before you note the newest token, or after?
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
