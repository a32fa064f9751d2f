"""The RNN is counted without its biases.

Hint: Print the names and shapes in torch.nn.RNN(4, 3).state_dict() and count them.
"""

credit = 0.65

EDITS = [
    ("return weights + biases", "return weights"),
]
