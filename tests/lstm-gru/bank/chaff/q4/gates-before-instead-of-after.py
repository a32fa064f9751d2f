"""Entry t of the gain is the product of the gates up to step t instead of after it.

Hint: Which gates does a number still have to pass on its way from c_t to c_T?
"""

credit = 0.85

EDITS = [
    ('''gain = torch.ones_like(forget_gates[0])
    gains = [gain]  # the last step's
    for f in forget_gates[1:].flip(0):
        gain = gain * f
        gains.append(gain)
    return torch.stack(gains[::-1])''', "return forget_gates.cumprod(0)"),
]
