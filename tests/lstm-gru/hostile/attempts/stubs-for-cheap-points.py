"""Has every name and does nothing: constant logits, the true tokens handed back, nothing decoded."""

import torch
from torch import nn


def greedy_decode(*args, **kwargs):
    return torch.zeros(2, 1, dtype=torch.int64)


class SequenceClassifier(nn.Module):
    def __init__(self, vocab, embedding, hidden, classes, layer):
        super().__init__()
        self.embedding = nn.Embedding(vocab, embedding)
        self.recurrent = layer
        self.head = nn.Linear(hidden, classes)

    def forward(self, tokens, lengths):
        return self.head.weight.new_zeros(len(tokens), self.head.out_features)


class Seq2Seq(nn.Module):
    def __init__(self, source_vocab, target_vocab, embedding, hidden, bos):
        super().__init__()
        self.bos, self.vocab = bos, target_vocab
        self.source_embedding = nn.Embedding(source_vocab, embedding)
        self.target_embedding = nn.Embedding(target_vocab, embedding)
        self.encoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.decoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, target_vocab)

    def encode(self, source, lengths):
        return torch.zeros(len(source), 6).double(), torch.zeros(len(source), 6).double()

    def step(self, token, state):
        return torch.zeros(len(token), self.vocab), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        read = torch.cat([targets[:, :1] * 0, targets[:, :-1]], 1)
        return nn.functional.one_hot(read, self.vocab).double()
