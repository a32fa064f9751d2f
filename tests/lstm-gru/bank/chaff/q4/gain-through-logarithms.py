"""The gain is the exponential of a sum of logarithms less another, which fails when a gate is 0.

Hint: What is the logarithm of a gate that is shut, and what is minus infinity less minus infinity?
"""

credit = 0.85

EDITS = [
    (
        '''    gain = torch.ones_like(forget_gates[0])
    gains = [gain]  # the last step's
    for f in forget_gates[1:].flip(0):
        gain = gain * f
        gains.append(gain)
    return torch.stack(gains[::-1])''',
        '''    logs = forget_gates.log()
    return (logs.sum(dim=0, keepdim=True) - logs.cumsum(dim=0)).exp()''',
    ),
]
