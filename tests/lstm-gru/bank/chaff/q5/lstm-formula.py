"""The width is worked out with the LSTM's count, which has four of everything.

Hint: The LSTM gives the target; the width is for another kind of layer. How many row blocks does that one have?
"""

credit = 0.6

EDITS = [
    ("return weights + biases", "return 4 * (weights + biases)"),
]
