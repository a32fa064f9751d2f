from torch import nn


class SequenceClassifier(nn.Module):
    # many-to-many first, then only the answer that counts is kept
    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        super().__init__()
        self.embedding, self.head = nn.Embedding(vocab_size, embedding_size), nn.Linear(hidden_size, num_classes)
        self.recurrent = recurrent

    def forward(self, tokens, lengths):
        outputs, state = self.recurrent(self.embedding(tokens))
        every_step = self.head(outputs)  # (N, T, K)
        index = (lengths - 1)[:, None, None].repeat(1, 1, every_step.shape[-1])
        return every_step.gather(1, index)[:, 0]
