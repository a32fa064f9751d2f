"""The output gate is made from the forget gate's block of the sums.

Hint: Four lines look almost alike. Which block does each of them read?
"""

credit = 0.7

EDITS = [
    (
        'o = torch.sigmoid(pre_o)',
        'o = torch.sigmoid(pre_f)',
    ),
]
