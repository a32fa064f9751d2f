"""The row blocks are read in TensorFlow's old order i, g, f, o.

Hint: Weights of another library are stacked in another order. Look up the row blocks in the contract's table.
"""

credit = 0.6

EDITS = [
    ("pre_i, pre_f, pre_g, pre_o =", "pre_i, pre_g, pre_f, pre_o ="),
]
