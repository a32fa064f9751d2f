"""layer.eval() is called and never undone: the caller's layer is in another mode afterwards.

Hint: Whose layer is it? Code that changes the mode should restore it, or not change it at all.
"""

credit = 0.85

EDITS = [
    (
        'outputs, _ = layer(x)',
        'layer.eval()\n    outputs, _ = layer(x)',
    ),
]
