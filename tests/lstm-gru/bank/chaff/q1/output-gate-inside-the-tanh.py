"""The output gate is multiplied inside the tanh: h = tanh(o · c).

Hint: With o = 1 there is no difference. What should h be where o = 1/2 and c is large?
"""

credit = 0.6

EDITS = [
    (
        'shown = torch.tanh(new_c)',
        'shown = torch.tanh(o * new_c)',
    ),
    (
        'new_h = o * shown',
        'new_h = shown',
    ),
]
