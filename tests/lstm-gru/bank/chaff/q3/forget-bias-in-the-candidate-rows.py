"""`forget_bias` goes into the rows of the candidate g.

Hint: In which order do the four blocks of H rows stand, and which is the second?
"""

credit = 0.8

EDITS = [
    ('self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias', 'self.bias_ih_l0[2 * hidden_size : 3 * hidden_size] = forget_bias'),
    ('self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0', 'self.bias_hh_l0[2 * hidden_size : 3 * hidden_size] = 0.0'),
]
