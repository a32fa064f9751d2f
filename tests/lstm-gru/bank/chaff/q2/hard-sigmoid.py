"""The gates use a hard sigmoid, a line between 0 and 1, instead of the sigmoid.

Hint: What is your gate for a sum of 3? The sigmoid never quite reaches 1.
"""

credit = 0.5

EDITS = [
    (
        'r = torch.sigmoid(x_r + h_r)\n    z = torch.sigmoid(x_z + h_z)',
        'r = torch.nn.functional.hardsigmoid(x_r + h_r)\n    z = torch.nn.functional.hardsigmoid(x_z + h_z)',
    ),
]
