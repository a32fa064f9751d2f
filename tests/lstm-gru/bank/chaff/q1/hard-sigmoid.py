"""The gates use a hard sigmoid, a line between 0 and 1, instead of the sigmoid.

Hint: What is your gate for a sum of 3? The sigmoid never quite reaches 1.
"""

credit = 0.5

EDITS = [
    (
        'i = torch.sigmoid(pre_i)\n    f = torch.sigmoid(pre_f)\n',
        'i = torch.nn.functional.hardsigmoid(pre_i)\n    f = torch.nn.functional.hardsigmoid(pre_f)\n',
    ),
    (
        'o = torch.sigmoid(pre_o)',
        'o = torch.nn.functional.hardsigmoid(pre_o)',
    ),
]
