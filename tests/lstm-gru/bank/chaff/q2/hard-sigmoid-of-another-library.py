"""The gates use another library's hard sigmoid, 0.2 x + 0.5 cut off at 0 and 1, instead of the sigmoid.

Hint: What is your gate for a sum of 3? The sigmoid never quite reaches 1.
"""

credit = 0.5

EDITS = [
    (
        'r = torch.sigmoid(x_r + h_r)\n    z = torch.sigmoid(x_z + h_z)',
        'r = (0.2 * (x_r + h_r) + 0.5).clamp(0, 1)\n    z = (0.2 * (x_z + h_z) + 0.5).clamp(0, 1)',
    ),
]
