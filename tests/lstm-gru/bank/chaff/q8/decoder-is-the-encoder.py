"""`decoder` is the same layer as `encoder`, so the two share their weights.

Hint: How many layers does your __init__ make, and how many parameters should the model have?
"""

credit = 0.3

EDITS = [
    (
        "        self.decoder = LSTM(embedding_size, hidden_size)  # noqa: F821 -- q3's\n",
        '        self.decoder = self.encoder\n',
    ),
]
