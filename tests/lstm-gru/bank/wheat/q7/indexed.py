import torch
import torch.nn as nn


class SequenceClassifier(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        super(SequenceClassifier, self).__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.recurrent = recurrent
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens, lengths):
        out = self.recurrent(self.embedding(tokens))[0]
        return self.head(out[torch.arange(out.size(0)), lengths - 1, :])
