"""The mask is the wrong way round: the padding is averaged.

Hint: Print your mask for lengths [1, 3] and T = 4. What does True mean in it, and what does your next line do
with it?
"""

credit = 0.7

EDITS = [
    ("kept = outputs.masked_fill(~valid[:, :, None], 0.0)", "kept = outputs.masked_fill(valid[:, :, None], 0.0)"),
]
