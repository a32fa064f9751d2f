"""The products are right but stand in reverse: the last step's comes first.

Hint: You walk from the end to the start. In which order do you hand the results back?
"""

credit = 0.85

EDITS = [
    ("return torch.stack(gains[::-1])", "return torch.stack(gains)"),
]
