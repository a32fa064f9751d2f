"""The gates use another library's hard sigmoid, 0.2 x + 0.5 cut off at 0 and 1, instead of the sigmoid.

Hint: What is your gate for a sum of 3? The sigmoid never quite reaches 1.
"""

credit = 0.5

EDITS = [
    (
        'i = torch.sigmoid(pre_i)\n    f = torch.sigmoid(pre_f)\n',
        'i = (0.2 * pre_i + 0.5).clamp(0, 1)\n    f = (0.2 * pre_f + 0.5).clamp(0, 1)\n',
    ),
    (
        'o = torch.sigmoid(pre_o)',
        'o = (0.2 * pre_o + 0.5).clamp(0, 1)',
    ),
]
