"""Gradients are switched off for the whole program: nothing can be trained after a call.

Hint: torch.set_grad_enabled(False) stays. Which way of switching them off ends by itself?
"""

credit = 0.85

EDITS = [
    (
        'with torch.no_grad():',
        'torch.set_grad_enabled(False)\n    if True:',
    ),
]
