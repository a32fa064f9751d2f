"""The biases start at zero; only the weight matrices are drawn.

Hint: Which parameters does the contract's sentence about their initial values name?
"""

credit = 0.9

EDITS = [
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.zeros(4 * hidden_size))"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.zeros(4 * hidden_size))"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.zeros(3 * hidden_size))"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.zeros(3 * hidden_size))"),
]
