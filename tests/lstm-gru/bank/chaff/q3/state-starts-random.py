"""Without a state the layers start from random numbers instead of zeros.

Hint: Call the layer twice with the same x. What should differ?
"""

credit = 0.6

EDITS = [
    (
        '            h = x.new_zeros(x.shape[0], self.hidden_size)\n            c = x.new_zeros(x.shape[0], self.hidden_size)',
        '            h = torch.randn(x.shape[0], self.hidden_size, dtype=x.dtype)\n            c = torch.randn(x.shape[0], self.hidden_size, dtype=x.dtype)',
    ),
    (
        'h = x.new_zeros(x.shape[0], self.hidden_size) if state is None',
        'h = torch.randn(x.shape[0], self.hidden_size, dtype=x.dtype) if state is None',
    ),
]
