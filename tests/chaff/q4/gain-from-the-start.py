"""The forget gates are multiplied from the first step up to step t, not from the step after t to the end.

Hint: What happens between step t and the last one? Those are the gates that a memory of step t meets.
"""

credit = 0.85

EDITS = [
    (
        "    gain = torch.ones_like(forget_gates[0])\n    gains = [gain]  # the last step's\n    for f in forget_gates[1:].flip(0):\n        gain = gain * f\n        gains.append(gain)\n    return torch.stack(gains[::-1])",
        '    return forget_gates.cumprod(dim=0)',
    ),
]
