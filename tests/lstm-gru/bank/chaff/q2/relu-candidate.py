"""The candidate is squashed by a relu instead of tanh.

Hint: Can your candidate be negative? Then the state never shrinks below 0.
"""

credit = 0.6

EDITS = [
    (
        'n = torch.tanh(x_n + reset)',
        'n = torch.relu(x_n + reset)',
    ),
]
