"""The RNN is counted with one bias vector; PyTorch's has two.

Hint: Print the names and shapes in torch.nn.RNN(4, 3).state_dict() and count them.
"""

credit = 0.7

EDITS = [
    ("biases = 2 * width", "biases = width"),
]
