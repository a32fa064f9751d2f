"""The new hidden state is o * c, without the tanh around c.

Hint: The cell may grow to any size. What keeps h between -1 and 1?
"""

credit = 0.6

EDITS = [
    ("shown = torch.tanh(new_c)", "shown = new_c"),
]
