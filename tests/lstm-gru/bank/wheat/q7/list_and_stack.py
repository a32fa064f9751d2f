import torch
from torch import nn

print("defining the classifier ...")


def pick(outputs, lengths):
    rows = []
    for n, L in enumerate(lengths.tolist()):
        rows.append(outputs[n][L - 1])
    return torch.stack(rows)


class SequenceClassifier(torch.nn.Module):

    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        torch.nn.Module.__init__(self)
        self.embedding = torch.nn.Embedding(vocab_size, embedding_size)
        self.head = torch.nn.Linear(hidden_size, num_classes)
        self.add_module("recurrent", recurrent)

    def forward(self, tokens, lengths):
        #print(tokens.shape)
        E = self.embedding(tokens)
        O, S = self.recurrent(E)
        z = pick(O, lengths)
        # TODO dropout?
        return self.head(z)
