"""In free running the decoder reads its own token of the first step again and again.

Hint: Which step's logits is the argmax taken of?
"""

credit = 0.6

EDITS = [
    (
        'own = steps[-1].detach()',
        'own = steps[0].detach()',
    ),
]
