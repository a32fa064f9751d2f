"""Tokens are sampled from the model's distribution instead of taking the most likely one.

Hint: Call it twice with the same source: should the answers differ?
"""

credit = 0.5

EDITS = [
    (
        'token = logits.argmax(dim=-1)',
        'token = torch.distributions.Categorical(logits=logits).sample()',
    ),
]
