"""model.eval() is called and never undone: the caller's model is in another mode afterwards.

Hint: Who trains the model next? What changes its mode puts it back, or does without.
"""

credit = 0.85

EDITS = [
    (
        '    with torch.no_grad():',
        '    model.eval()\n    with torch.no_grad():',
    ),
]
