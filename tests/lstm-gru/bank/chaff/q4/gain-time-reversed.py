"""The products are right but in reverse order: the last step's comes first.

Hint: You walk from the end to the start. In which order do you return the results?
"""

credit = 0.85

EDITS = [
    ("return torch.stack(gains[::-1])", "return torch.stack(gains)"),
]
