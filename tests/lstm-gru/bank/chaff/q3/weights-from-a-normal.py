"""The initial weights are drawn from a normal distribution instead of a bounded uniform one.

Hint: U(a, b) is a uniform distribution. What is the largest number that randn may give?
"""

credit = 0.9

EDITS = [
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.randn(4 * hidden_size, input_size) * bound)"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.randn(4 * hidden_size, hidden_size) * bound)"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.randn(4 * hidden_size) * bound)"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.randn(4 * hidden_size) * bound)"),
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.randn(3 * hidden_size, input_size) * bound)"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.randn(3 * hidden_size, hidden_size) * bound)"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.randn(3 * hidden_size) * bound)"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.randn(3 * hidden_size) * bound)"),
]
