"""1 is added to the forget gate after its sigmoid.

Hint: A gate lies between 0 and 1. Print the largest number of gates["f"].
"""

credit = 0.5

EDITS = [
    (
        'f = torch.sigmoid(pre_f)',
        'f = torch.sigmoid(pre_f) + 1',
    ),
]
