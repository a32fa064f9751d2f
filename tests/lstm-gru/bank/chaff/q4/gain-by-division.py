"""The gain is the whole product divided by the product so far (or the difference of their logarithms), which fails when a gate is closed.

Hint: What does your formula give when one gate is exactly 0, or when the product is too small for a float?
"""

credit = 0.85

EDITS = [
    ('''gain = torch.ones_like(forget_gates[0])
    gains = [gain]  # the last step's
    for f in forget_gates[1:].flip(0):
        gain = gain * f
        gains.append(gain)
    return torch.stack(gains[::-1])''', '''so_far = forget_gates.cumprod(0)
    return so_far[-1] / so_far'''),
]
