"""The first state is made of float32 zeros, whatever the dtype of x.

Hint: Your layer fails or changes the dtype for float64. What can you pass to `torch.zeros`, or which other function
takes the dtype from x?
"""

credit = 0.8

EDITS = [
    ('''h = x.new_zeros(x.shape[0], self.hidden_size)
            c = x.new_zeros(x.shape[0], self.hidden_size)''', '''h = torch.zeros(x.shape[0], self.hidden_size)
            c = torch.zeros(x.shape[0], self.hidden_size)'''),
    ("h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state", "h = torch.zeros(x.shape[0], self.hidden_size) if state is None else state"),
]
