"""The gain is averaged over all axes but time.

Hint: The result should have the shape of forget_gates. Which axes does yours lack?
"""

credit = 0.75

EDITS = [
    ("return torch.stack(gains[::-1])", "return torch.stack(gains[::-1]).reshape(len(gains), -1).mean(dim=1)"),
]
