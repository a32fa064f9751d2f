"""The candidate reads r · h itself: the state is not multiplied by its weights there.

Hint: Which rows of w_hh does your candidate use? All three blocks have work to do.
"""

credit = 0.4

EDITS = [
    (
        'reset = r * h_n  # after the matmul, bias included',
        'reset = r * h',
    ),
]
