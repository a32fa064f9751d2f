"""1 is added to the forget gate before its sigmoid, as another library's cell does.

Hint: PyTorch's cell adds nothing there; to start with an open gate, set the bias (q3). What is in your sum besides
weights and biases?
"""

credit = 0.6

EDITS = [
    (
        'f = torch.sigmoid(pre_f)',
        'f = torch.sigmoid(pre_f + 1)',
    ),
]
