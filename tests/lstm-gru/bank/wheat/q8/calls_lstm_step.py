import torch
from torch import nn
import torch.nn.functional as F


def shift_right(targets, bos):
    return F.pad(targets[:, :-1], (1, 0), value=bos)


def weights_of(layer):
    return layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0


class Seq2Seq(nn.Module):
    """Calls the notebook's lstm_step with the layers' weights, never the layers themselves."""

    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.bos = int(bos)
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder = LSTM(embedding_size, hidden_size)
        self.decoder = LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)

    def encode(self, source, source_lengths):
        xs = self.source_embedding(source).unbind(1)
        h = torch.zeros_like(xs[0][:, :1]).repeat(1, self.encoder.weight_hh_l0.shape[1])
        c = h.clone()
        for t, x in enumerate(xs):
            h2, c2, _ = lstm_step(x, h, c, *weights_of(self.encoder))
            over = (t >= source_lengths)[:, None]
            h, c = h2.where(~over, h), c2.where(~over, c)
        return h, c

    def step(self, token, state):
        h, c, gates = lstm_step(self.target_embedding(token), *state, *weights_of(self.decoder))
        return F.linear(h, self.head.weight, self.head.bias), (h, c)

    def forward(self, source, source_lengths, targets, forcing=1.0):
        state = self.encode(source, source_lengths)
        logits = []
        for t, true_token in enumerate(shift_right(targets, self.bos).T):
            token = true_token
            if t > 0:
                with torch.no_grad():
                    own = torch.argmax(logits[t - 1], -1)
                token = torch.where(torch.rand_like(true_token, dtype=torch.float32) < forcing, true_token, own)
            out, state = self.step(token, state)
            logits += [out]
        return torch.stack(logits).transpose(0, 1)
