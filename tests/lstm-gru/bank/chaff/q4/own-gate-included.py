"""Entry t of the gain includes the forget gate of step t itself.

Hint: c_t has already been through its own forget gate. What is the contract's last entry?
"""

credit = 0.85

EDITS = [
    ('''gain = torch.ones_like(forget_gates[0])
    gains = [gain]  # the last step's
    for f in forget_gates[1:].flip(0):
        gain = gain * f
        gains.append(gain)
    return torch.stack(gains[::-1])''', "return forget_gates.flip(0).cumprod(0).flip(0)"),
]
