"""Everything is computed in float32, whatever the dtype of the inputs: `.float()` is float32.

Hint: What dtype do the results have when x is float64? `.to(x.dtype)`, or no cast at all, keeps it.
"""

credit = 0.7

EDITS = [
    (
        'from_input = x @ w_ih.T + b_ih  # (N, 4H)',
        'x, h, c, w_ih, w_hh, b_ih, b_hh = (t.float() for t in (x, h, c, w_ih, w_hh, b_ih, b_hh))\n    from_input = x @ w_ih.T + b_ih  # (N, 4H)',
    ),
]
