"""masked_mean works in float32, whatever the dtype of outputs.

Hint: `.float()` means float32. What gives a mask the dtype of outputs?
"""

credit = 0.8

EDITS = [
    ("return total / lengths[:, None]", "return total.float() / lengths[:, None].float()"),
]
