"""There is a relu between the embedding of the token and the decoder.

Hint: A well-known tutorial has it. Does the contract?
"""

credit = 0.6

EDITS = [
    (
        'x = self.target_embedding(token).unsqueeze(1)',
        'x = torch.relu(self.target_embedding(token)).unsqueeze(1)',
    ),
]
