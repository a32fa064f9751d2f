"""The step remembers c from its last call and goes on from that instead of from the c it is given.

Hint: A step knows nothing but its arguments. Call yours twice with the same ones: are the results the same?
"""

credit = 0.3

EDITS = [
    ("def lstm_step(", "last_c = {}\n\n\ndef lstm_step("),
    ("kept = f * c", "kept = f * last_c.get(c.shape, c)"),
    ("shown = torch.tanh(new_c)", "last_c[c.shape] = new_c.detach()\n    shown = torch.tanh(new_c)"),
]
