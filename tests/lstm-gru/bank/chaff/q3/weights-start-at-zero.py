"""All weights start at zero.

Hint: If all hidden units start alike, what could ever make them different?
"""

credit = 0.8

EDITS = [
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.zeros(4 * hidden_size, input_size))"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.zeros(4 * hidden_size, hidden_size))"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.zeros(4 * hidden_size))"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.zeros(4 * hidden_size))"),
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))", "self.weight_ih_l0 = nn.Parameter(torch.zeros(3 * hidden_size, input_size))"),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))", "self.weight_hh_l0 = nn.Parameter(torch.zeros(3 * hidden_size, hidden_size))"),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_ih_l0 = nn.Parameter(torch.zeros(3 * hidden_size))"),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", "self.bias_hh_l0 = nn.Parameter(torch.zeros(3 * hidden_size))"),
]
