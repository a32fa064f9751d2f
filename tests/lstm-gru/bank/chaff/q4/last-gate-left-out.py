"""Entry t of the gain runs from f_t to the last gate but one: the window lies one step too early.

Hint: Which gates does c_t still have to pass on its way to c_T? Try T = 2 on paper.
"""

credit = 0.75

EDITS = [
    (
        'for f in forget_gates[1:].flip(0):',
        'for f in forget_gates[:-1].flip(0):',
    ),
]
