import torch
from torch import nn


def shift_right(targets, bos):
    out = targets.roll(1, dims=1)      # roll gives a new tensor
    out[:, 0] = bos
    return out


class Seq2Seq(nn.Module):
    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.source_embedding = nn.Embedding(source_vocab, embedding_size, padding_idx=0)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size, padding_idx=0)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.decoder = LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)
        self.bos = bos
        self.hidden_size = hidden_size

    def encode(self, source, source_lengths):
        # sequences of one length make a batch without padding
        hs, cs, order = [], [], []
        for length in sorted(set(source_lengths.tolist())):
            rows = (source_lengths == length).nonzero().flatten()
            _, (h, c) = self.encoder(self.source_embedding(source[rows, :length]))
            hs.append(h)
            cs.append(c)
            order.append(rows)
        back = torch.argsort(torch.cat(order))
        return torch.cat(hs)[back], torch.cat(cs)[back]

    def step(self, token, state):
        out, state = self.decoder(self.target_embedding(token[:, None]), state)
        return self.head(out).squeeze(1), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        state = self.encode(source, source_lengths)
        N, T = targets.shape
        decoder_in = shift_right(targets, self.bos)
        logits = []
        for t in range(T):
            tok = decoder_in[:, t]
            if t and forcing < 1:
                use_true = torch.rand(N) < forcing
                tok = torch.where(use_true, tok, logits[-1].argmax(1))
            l, state = self.step(tok, state)
            logits.append(l)
        return torch.stack(logits, 1)
