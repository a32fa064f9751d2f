"""The new hidden state is read from the old cell state.

Hint: There are two cell states in a step, before and after. Which one has already seen x?
"""

credit = 0.5

EDITS = [
    ("shown = torch.tanh(new_c)", "shown = torch.tanh(c)"),
]
