"""The first state is made of float32 zeros, whatever the dtype of x.

Hint: x may be float64 or float32, and the state should have the same dtype. What can you pass to `torch.zeros` to take it
from x, or which other function does?
"""

credit = 0.8

EDITS = [
    ('''h = x.new_zeros(x.shape[0], self.hidden_size)
            c = x.new_zeros(x.shape[0], self.hidden_size)''', '''h = torch.zeros(x.shape[0], self.hidden_size)
            c = torch.zeros(x.shape[0], self.hidden_size)'''),
    ("h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state", "h = torch.zeros(x.shape[0], self.hidden_size) if state is None else state"),
]
