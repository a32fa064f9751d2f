"""The weights are buffers, not parameters: an optimiser would never see them.

Hint: What does list(layer.parameters()) give? What makes a tensor appear there?
"""

credit = 0.4

EDITS = [
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))", 'self.register_buffer("weight_ih_l0", torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))'),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))", 'self.register_buffer("weight_hh_l0", torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))'),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", 'self.register_buffer("bias_ih_l0", torch.empty(4 * hidden_size).uniform_(-bound, bound))'),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", 'self.register_buffer("bias_hh_l0", torch.empty(4 * hidden_size).uniform_(-bound, bound))'),
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))", 'self.register_buffer("weight_ih_l0", torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))'),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))", 'self.register_buffer("weight_hh_l0", torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))'),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", 'self.register_buffer("bias_ih_l0", torch.empty(3 * hidden_size).uniform_(-bound, bound))'),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", 'self.register_buffer("bias_hh_l0", torch.empty(3 * hidden_size).uniform_(-bound, bound))'),
]
