"""The decoder's state is detached at every step, so no gradient goes back in time.

Hint: Which steps does the gradient of the last token's loss reach?
"""

credit = 0.6

EDITS = [
    (
        '            steps.append(logits)',
        '            steps.append(logits)\n            state = tuple(s.detach() for s in state)',
    ),
]
