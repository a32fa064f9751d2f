import torch
import torch.nn as nn


def shift_right(targets, bos):
    N = targets.size(0)
    begin = torch.tensor([[bos]] * N, dtype=targets.dtype)
    return torch.hstack((begin, targets))[:, :-1]


def zeros(n, h, like):
    return torch.zeros(n, h, dtype=like.dtype)


class Seq2Seq(nn.Module):
    """Old state times (1 - m) plus new state times m; all coins tossed before the loop."""

    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.bos = bos
        self.H = hidden_size
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size, forget_bias=1.0)
        self.decoder = LSTM(embedding_size, hidden_size, forget_bias=1.0)
        self.head = nn.Linear(hidden_size, target_vocab)

    def encode(self, source, source_lengths):
        emb = self.source_embedding(source)
        N, S, _ = emb.shape
        h, c = zeros(N, self.H, emb), zeros(N, self.H, emb)
        for s in range(S):
            new = self.encoder(emb[:, s, :].unsqueeze(1), (h, c))[1]
            m = (source_lengths > s).to(emb.dtype).reshape(N, 1)
            h = m * new[0] + (1 - m) * h
            c = m * new[1] + (1 - m) * c
        return (h, c)

    def step(self, token, state):
        outputs, new_state = self.decoder(self.target_embedding(token).view(len(token), 1, -1), state)
        return self.head(outputs[:, -1, :]), new_state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        h_c = self.encode(source, source_lengths)
        N, T = targets.shape[0], targets.shape[1]
        coins = torch.rand(N, T) < forcing
        previous = torch.full((N,), self.bos, dtype=torch.long)
        result = None
        for t in range(T):
            logit, h_c = self.step(previous, h_c)
            result = logit.unsqueeze(1) if result is None else torch.cat([result, logit.unsqueeze(1)], 1)
            guess = logit.detach().max(1)[1]
            c = coins[:, t].long()
            previous = c * targets[:, t] + (1 - c) * guess
        return result
