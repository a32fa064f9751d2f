"""model.eval() is called and never undone: the caller's model is in another mode afterwards.

Hint: Who trains the model next? Code that changes the mode should restore it, or not change it at all.
"""

credit = 0.85

EDITS = [
    (
        '    with torch.no_grad():',
        '    model.eval()\n    with torch.no_grad():',
    ),
]
