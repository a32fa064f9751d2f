"""No gradient flows back into the old hidden state: it is detached.

Hint: The values are right. Look for `.detach()`, `.data` or `no_grad` on the way from h to the gates.
"""

credit = 0.5

EDITS = [
    ("from_state = h @", "from_state = h.detach() @"),
]
