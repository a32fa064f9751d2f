"""The initial weights are drawn from 0 to 1/√H: none is negative.

Hint: torch.rand gives numbers between 0 and 1. How do you turn that into a range centred on 0?
"""

credit = 0.9

EDITS = [
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.rand(4 * hidden_size, input_size) * bound)"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.rand(4 * hidden_size, hidden_size) * bound)"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.rand(4 * hidden_size) * bound)"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.rand(4 * hidden_size) * bound)"),
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.rand(3 * hidden_size, input_size) * bound)"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.rand(3 * hidden_size, hidden_size) * bound)"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.rand(3 * hidden_size) * bound)"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.rand(3 * hidden_size) * bound)"),
]
