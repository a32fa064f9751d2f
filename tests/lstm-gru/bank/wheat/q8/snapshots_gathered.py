from __future__ import annotations

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


def shift_right(targets: Tensor, bos: int) -> Tensor:
    shifted = torch.empty_like(targets)
    shifted[:, 0] = bos
    shifted[:, 1:] = targets[:, :-1]
    return shifted


class Seq2Seq(nn.Module):
    """All the encoder's states are kept, the one that counts is gathered afterwards; logits preallocated."""

    def __init__(self, source_vocab: int, target_vocab: int, embedding_size: int, hidden_size: int, bos: int) -> None:
        super().__init__()
        self.bos = bos
        self.head = nn.Linear(hidden_size, target_vocab)
        self.decoder = LSTM(embedding_size, hidden_size)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)

    def encode(self, source: Tensor, source_lengths: Tensor) -> State:
        state = None
        hs: list[Tensor] = []
        cs: list[Tensor] = []
        for t in range(source.shape[1]):
            _, state = self.encoder(self.source_embedding(source[:, t : t + 1]), state)
            hs.append(state[0])
            cs.append(state[1])
        rows = torch.arange(source.shape[0])
        return torch.stack(hs, 1)[rows, source_lengths - 1], torch.stack(cs, 1)[rows, source_lengths - 1]

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        x = self.target_embedding(token)
        outputs, state = self.decoder(x[:, None, :], state)
        return self.head(outputs)[:, 0, :], state

    def forward(self, source: Tensor, source_lengths: Tensor, targets: Tensor, forcing: float = 1.0) -> Tensor:
        n, steps = targets.shape
        state = self.encode(source, source_lengths)
        inputs = shift_right(targets, self.bos).clone()
        logits = torch.empty(n, steps, self.head.out_features, dtype=self.head.weight.dtype)
        for t in range(steps):
            now, state = self.step(inputs[:, t].clone(), state)
            logits[:, t] = now
            if t + 1 < steps:
                free = torch.rand(n) >= forcing
                inputs[free, t + 1] = now.detach()[free].argmax(dim=1)
        return logits
