"""Type-annotated, with gather."""
from typing import Any

import torch
from torch import Tensor, nn


class SequenceClassifier(nn.Module):
    """Reads a sequence and says which class it is.

    Args:
        vocab_size: number of tokens
        embedding_size: E
        hidden_size: H
        num_classes: K
        recurrent: maps (N, T, E) to ((N, T, H), state)
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        num_classes: int,
        recurrent: nn.Module,
    ) -> None:
        super().__init__()
        self.recurrent: nn.Module = recurrent
        self.head: nn.Linear = nn.Linear(in_features=hidden_size, out_features=num_classes, bias=True)
        self.embedding: nn.Embedding = nn.Embedding(num_embeddings=vocab_size, embedding_dim=embedding_size)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(tokens)
        outputs: Tensor
        _state: Any
        outputs, _state = self.recurrent(embedded)
        n, _, h = outputs.shape
        position = (lengths - 1).view(n, 1, 1).expand(n, 1, h)
        last: Tensor = torch.gather(outputs, dim=1, index=position).squeeze(1)
        return self.head(last)
