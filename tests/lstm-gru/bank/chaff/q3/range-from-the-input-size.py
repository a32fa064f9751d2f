"""The range of the initial weights is taken from the input size instead of the hidden size.

Hint: The contract gives the bound with a letter. What does that letter stand for?
"""

credit = 0.9

EDITS = [
    ('''bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(4''', '''bound = 1 / math.sqrt(input_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(4'''),
    ('''bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(3''', '''bound = 1 / math.sqrt(input_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(3'''),
]
