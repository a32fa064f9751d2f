"""The reset and update gates are swapped.

Hint: PyTorch stacks the row blocks r, z, n. Which of the first two should blend old and new?
"""

credit = 0.6

EDITS = [
    ("x_r, x_z, x_n =", "x_z, x_r, x_n ="),
    ("h_r, h_z, h_n =", "h_z, h_r, h_n ="),
]
