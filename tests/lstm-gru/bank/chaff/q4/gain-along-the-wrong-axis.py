"""The forget gates are multiplied along the last axis, not along time, which comes first.

Hint: forget_gates is (T, …). Over which dimension does your product run?
"""

credit = 0.75

EDITS = [
    (
        "    gain = torch.ones_like(forget_gates[0])\n    gains = [gain]  # the last step's\n    for f in forget_gates[1:].flip(0):\n        gain = gain * f\n        gains.append(gain)\n    return torch.stack(gains[::-1])",
        '    gates = forget_gates.movedim(-1, 0)\n    gain = torch.ones_like(gates[0])\n    gains = [gain]\n    for f in gates[1:].flip(0):\n        gain = gain * f\n        gains.append(gain)\n    return torch.stack(gains[::-1]).movedim(0, -1)',
    ),
]
