"""The encoder hands on (h, h): the decoder's cell state starts from the hidden state.

Hint: encode returns two things. Which of your variables is in second place?
"""

credit = 0.5

EDITS = [
    (
        '        return h, c\n',
        '        return h, h\n',
    ),
]
