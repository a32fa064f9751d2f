"""A sequence counts as ended when it says token 2, whatever `eos` says.

Hint: `eos` is an argument. Which number does your function compare the tokens with?
"""

credit = 0.7

EDITS = [
    (
        '(token == eos)',
        '(token == 2)',
    ),
]
