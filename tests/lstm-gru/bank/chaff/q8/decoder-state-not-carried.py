"""Every decoder step starts again from the encoder's state.

Hint: What does step t + 1 need to know of step t besides one token?
"""

credit = 0.3

EDITS = [
    (
        '            logits, state = self.step(token, state)',
        '            logits, _ = self.step(token, state)',
    ),
]
