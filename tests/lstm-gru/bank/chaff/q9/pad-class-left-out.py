"""The pad class is taken out of the softmax, so the model never learns that it is wrong.

Hint: Leaving a step out of the mean and leaving a class out of the softmax are different things. Which was asked for?
"""

credit = 0.5

EDITS = [
    (
        'log_p = torch.log_softmax(logits, dim=-1)',
        "log_p = torch.log_softmax(logits.index_fill(-1, torch.tensor([pad]), float('-inf')), dim=-1)",
    ),
]
