import torch
from torch import nn

print("part 4")


def shift_right(targets, bos):
    columns = [torch.full_like(targets[:, 0], bos)]
    for t in range(targets.shape[1] - 1):
        columns.append(targets[:, t])
    return torch.stack(columns, dim=1)


class Seq2Seq(nn.Module):
    # with forcing >= 1 the whole target is known, so the decoder can run over it in one call
    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.decoder = LSTM(input_size=embedding_size, hidden_size=hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)
        self.register_buffer("bos_token", torch.tensor(bos))  # an extra buffer does no harm

    @property
    def bos(self):
        return int(self.bos_token)

    def encode(self, source, source_lengths):
        x = self.source_embedding(source)
        h = torch.zeros(x.shape[0], self.head.weight.shape[1]).to(x)
        c = torch.zeros(x.shape[0], self.head.weight.shape[1]).to(x)
        for t in range(int(source_lengths.max())):
            live = torch.nonzero(source_lengths > t).flatten()
            o, (hl, cl) = self.encoder(x[live, t : t + 1], (h[live], c[live]))
            h = h.index_copy(0, live, hl)
            c = c.index_copy(0, live, cl)
        return h, c

    def step(self, token, state):
        y, state = self.decoder(self.target_embedding(token.unsqueeze(1)), state)
        return self.head(y).squeeze(1), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        state = self.encode(source, source_lengths)
        if forcing >= 1:
            y, _ = self.decoder(self.target_embedding(shift_right(targets, self.bos)), state)
            return self.head(y)
        N, T = targets.shape
        token = torch.ones(N, dtype=torch.int64) * self.bos
        all_logits = []
        for t in range(T):
            logits, state = self.step(token, state)
            all_logits.append(logits)
            best = logits.topk(1, dim=1).indices[:, 0]
            coin = torch.bernoulli(torch.full((N,), float(forcing))).bool()
            token = torch.where(coin, targets[:, t], best)
        return torch.stack(all_logits, dim=1)
