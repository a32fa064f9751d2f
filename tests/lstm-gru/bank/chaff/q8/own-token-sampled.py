"""The model's own token is sampled from its distribution instead of being the most likely one.

Hint: The question asks for the most likely token. Is it the same in every call?
"""

credit = 0.65

EDITS = [
    (
        'own = steps[-1].detach().argmax(dim=-1)',
        'own = torch.distributions.Categorical(logits=steps[-1].detach()).sample()',
    ),
]
