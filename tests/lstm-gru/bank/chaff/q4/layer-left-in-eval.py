"""layer.eval() is called and never undone: the caller's layer is in another mode afterwards.

Hint: Whose layer is it? What changes its mode puts it back, or does without.
"""

credit = 0.85

EDITS = [
    (
        'outputs, _ = layer(x)',
        'layer.eval()\n    outputs, _ = layer(x)',
    ),
]
