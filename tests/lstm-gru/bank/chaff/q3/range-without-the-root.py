"""The range of the initial weights is 1/H: the square root is missing.

Hint: Compare the largest weight of your layer with that of torch.nn.LSTM of the same size.
"""

credit = 0.9

EDITS = [
    ('''bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(4''', '''bound = 1 / hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(4'''),
    ('''bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(3''', '''bound = 1 / hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(3'''),
]
