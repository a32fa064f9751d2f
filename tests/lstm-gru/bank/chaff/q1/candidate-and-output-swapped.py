"""The last two row blocks are read as output gate and candidate, in that order.

Hint: In which order does PyTorch stack the four row blocks? The table in the contract has it; compare it with
how you split.
"""

credit = 0.6

EDITS = [
    ("pre_i, pre_f, pre_g, pre_o =", "pre_i, pre_f, pre_o, pre_g ="),
]
