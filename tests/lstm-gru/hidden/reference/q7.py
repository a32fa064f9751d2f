"""Reference for q7: the many-to-one classifier."""

from torch import nn


class SequenceClassifier(nn.Module):
    """Embedding, any recurrent layer, and a linear head at the last valid step."""

    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.recurrent = recurrent
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens, lengths):
        x = self.embedding(tokens)  # (N, T, E)
        outputs, _ = self.recurrent(x)  # (N, T, H)
        summary = last_valid(outputs, lengths)  # noqa: F821 -- q6's; (N, H)
        return self.head(summary)  # (N, K)
