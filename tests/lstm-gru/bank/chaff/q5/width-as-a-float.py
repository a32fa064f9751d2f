"""The width is a float.

Hint: Try torch.nn.RNN(4, your result). What type does a size have?
"""

credit = 0.75

EDITS = [
    ("return width if below <= above else width + 1", "return float(width if below <= above else width + 1)"),
]
