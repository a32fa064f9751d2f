"""Steps at which every sequence holds the number `pad` are cut out of the result.

Hint: A model may say that token itself before its end. Which steps then disappear?
"""

credit = 0.75

EDITS = [
    (
        'return torch.stack(out, dim=1)',
        '''tokens = torch.stack(out, dim=1)
        return tokens[:, (tokens != pad).any(dim=0)]''',
    ),
]
