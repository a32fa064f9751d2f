"""The weights are plain tensors, not parameters: the layer does not know that it has them.

Hint: What does list(layer.parameters()) give? What makes a tensor appear there?
"""

credit = 0.4

EDITS = [
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))", 'self.weight_ih_l0 = torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))", 'self.weight_hh_l0 = torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", 'self.bias_ih_l0 = torch.empty(4 * hidden_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))", 'self.bias_hh_l0 = torch.empty(4 * hidden_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))", 'self.weight_ih_l0 = torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))", 'self.weight_hh_l0 = torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", 'self.bias_ih_l0 = torch.empty(3 * hidden_size).uniform_(-bound, bound).requires_grad_()'),
    ("self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))", 'self.bias_hh_l0 = torch.empty(3 * hidden_size).uniform_(-bound, bound).requires_grad_()'),
]
