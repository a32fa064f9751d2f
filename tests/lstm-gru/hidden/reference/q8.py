"""Reference for q8: shifted targets and the encoder-decoder with a forcing ratio."""

import torch
from torch import nn


def shift_right(targets, bos):
    """What the decoder reads: `bos`, then the targets (N, T) without the last token."""
    first = torch.full_like(targets[:, :1], bos)  # (N, 1)
    return torch.cat([first, targets[:, :-1]], dim=1)  # (N, T)


class Seq2Seq(nn.Module):
    """Encoder and decoder are the notebook's `LSTM`; the state is all that passes between them."""

    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.bos = bos
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size)  # noqa: F821 -- q3's
        self.decoder = LSTM(embedding_size, hidden_size)  # noqa: F821 -- q3's
        self.head = nn.Linear(hidden_size, target_vocab)

    def encode(self, source, source_lengths):
        """The state (h, c), each (N, H), after the last valid token of `source` (N, S)."""
        x = self.source_embedding(source)  # (N, S, E)
        h = x.new_zeros(x.shape[0], self.head.in_features)  # (N, H)
        c = torch.zeros_like(h)
        for t in range(x.shape[1]):
            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))
            valid = (t < source_lengths).unsqueeze(1)  # (N, 1): a sequence that is over keeps its state
            h = torch.where(valid, h_next, h)
            c = torch.where(valid, c_next, c)
        return h, c

    def step(self, token, state):
        """One decoder step: token (N,), state (h, c) -> logits (N, V), state."""
        x = self.target_embedding(token).unsqueeze(1)  # (N, 1, E)
        outputs, state = self.decoder(x, state)
        return self.head(outputs[:, 0]), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        """Logits (N, T, V); at t >= 1 each sequence reads its true token with probability `forcing`."""
        state = self.encode(source, source_lengths)
        inputs = shift_right(targets, self.bos)  # (N, T)
        token = inputs[:, 0]
        steps = []
        for t in range(targets.shape[1]):
            if t > 0:
                own = steps[-1].detach().argmax(dim=-1)  # (N,)
                forced = torch.rand(own.shape) < forcing
                token = torch.where(forced, inputs[:, t], own)
            logits, state = self.step(token, state)
            steps.append(logits)
        return torch.stack(steps, dim=1)
