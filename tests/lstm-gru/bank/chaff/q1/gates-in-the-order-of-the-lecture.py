"""The row blocks are read in the order f, i, o, g in which many textbooks derive the gates.

Hint: The equations may be written down in any order, the rows of the weights may not. Which order does the
contract's table give?
"""

credit = 0.6

EDITS = [
    ("pre_i, pre_f, pre_g, pre_o =", "pre_f, pre_i, pre_o, pre_g ="),
]
