"""Instead of its most likely token the decoder reads a mixture of all embeddings, weighted by the softmax.

Hint: When the model is tested it reads one token at a time. Which, and may a gradient flow through that choice?
"""

credit = 0.5

import torch
from torch import nn


def shift_right(targets, bos):
    first = torch.full_like(targets[:, :1], bos)
    return torch.cat([first, targets[:, :-1]], dim=1)


class Seq2Seq(nn.Module):
    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.bos = bos
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.decoder = LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)

    def encode(self, source, source_lengths):
        x = self.source_embedding(source)
        h = x.new_zeros(x.shape[0], self.head.in_features)
        c = torch.zeros_like(h)
        for t in range(x.shape[1]):
            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))
            valid = (t < source_lengths).unsqueeze(1)
            h, c = torch.where(valid, h_next, h), torch.where(valid, c_next, c)
        return h, c

    def step(self, token, state):
        outputs, state = self.decoder(self.target_embedding(token).unsqueeze(1), state)
        return self.head(outputs[:, 0]), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        state = self.encode(source, source_lengths)
        inputs = self.target_embedding(shift_right(targets, self.bos))
        x, steps = inputs[:, 0], []
        for t in range(targets.shape[1]):
            if t > 0:
                soft = steps[-1].softmax(dim=-1) @ self.target_embedding.weight
                forced = torch.rand(len(targets)) < forcing
                x = torch.where(forced[:, None], inputs[:, t], soft)
            outputs, state = self.decoder(x.unsqueeze(1), state)
            steps.append(self.head(outputs[:, 0]))
        return torch.stack(steps, dim=1)
