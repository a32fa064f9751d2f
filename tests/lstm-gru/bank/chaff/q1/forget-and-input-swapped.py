"""The forget and input gates are swapped.

Hint: PyTorch stacks the row blocks i, f, g, o. Which of the first two blocks should multiply the old cell
state?
"""

credit = 0.6

EDITS = [
    ("pre_i, pre_f, pre_g, pre_o =", "pre_f, pre_i, pre_g, pre_o ="),
]
