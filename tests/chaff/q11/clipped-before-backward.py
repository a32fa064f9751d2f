"""The norm is clipped before there are any gradients: backward comes afterwards.

Hint: In which order do backward, clipping and the step have to stand? Who reads .grad, and when is it there?
"""

credit = 0.4

EDITS = [
    (
        '    loss.backward()\n    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n    loss.backward()\n',
    ),
]
