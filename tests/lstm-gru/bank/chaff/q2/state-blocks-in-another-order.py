"""The state's product is read in the order z, r, n, the input's in the order r, z, n.

Hint: Both products are stacked in the same order. Do you split both in the same order?
"""

credit = 0.6

EDITS = [
    (
        'h_r, h_z, h_n = from_state',
        'h_z, h_r, h_n = from_state',
    ),
]
