"""Without a given state the layer starts from ones instead of zeros.

Hint: What should the layer remember before it has read anything?
"""

credit = 0.7

EDITS = [
    ('h = x.new_zeros(x.shape[0], self.hidden_size)\n            c = x.new_zeros(', 'h = x.new_ones(x.shape[0], self.hidden_size)\n            c = x.new_ones('),
    ('h = x.new_zeros(x.shape[0], self.hidden_size) if', 'h = x.new_ones(x.shape[0], self.hidden_size) if'),
]
