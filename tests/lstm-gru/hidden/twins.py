"""The examiner's own models, made of torch.nn layers.

They have the attribute names that CONTRACT.md gives the students' models, so that one `state_dict`
fits both. They never enter the worker.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from gatelab.testkit import few, needs


class TwinClassifier(nn.Module):
    """What `SequenceClassifier` must compute: the head reads the last valid step."""

    def __init__(self, vocab: int, embedding: int, hidden: int, classes: int, kind: type = nn.LSTM) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embedding)
        self.recurrent = kind(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """tokens (N, T), lengths (N,) -> logits (N, K)."""
        outputs, _ = self.recurrent(self.embedding(tokens))  # (N, T, H)
        return self.head(outputs[torch.arange(len(tokens)), lengths - 1])


class TwinSeq2Seq(nn.Module):
    """What `Seq2Seq` must compute."""

    def __init__(self, source_vocab: int, target_vocab: int, embedding: int, hidden: int, bos: int) -> None:
        super().__init__()
        self.bos = bos
        self.source_embedding = nn.Embedding(source_vocab, embedding)
        self.target_embedding = nn.Embedding(target_vocab, embedding)
        self.encoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.decoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, target_vocab)

    def encode(self, source: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """source (N, S), lengths (N,) -> (h, c), each (N, H), after the last valid token."""
        x = pack_padded_sequence(
            self.source_embedding(source), lengths, batch_first=True, enforce_sorted=False
        )
        _, (h, c) = self.encoder(x)
        return h[0], c[0]

    def step(self, token: torch.Tensor, state: tuple) -> tuple[torch.Tensor, tuple]:
        """token (N,), state (h, c) -> logits (N, V), state."""
        x = self.target_embedding(token).unsqueeze(1)  # (N, 1, E)
        outputs, (h, c) = self.decoder(x, (state[0].unsqueeze(0), state[1].unsqueeze(0)))
        return self.head(outputs[:, 0]), (h[0], c[0])

    def forced(self, source: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, T, V) where every true token is read, whatever the model predicts."""
        bos = torch.full_like(targets[:, :1], self.bos)
        state, steps = self.encode(source, lengths), []
        for token in torch.cat([bos, targets[:, :-1]], dim=1).unbind(1):
            logits, state = self.step(token, state)
            steps.append(logits)
        return torch.stack(steps, dim=1)

    def free(self, source: torch.Tensor, lengths: torch.Tensor, steps: int) -> torch.Tensor:
        """Logits (N, T, V) where the model reads its own most likely token at every step after the first."""
        token = torch.full((len(source),), self.bos, dtype=torch.int64)
        state, out = self.encode(source, lengths), []
        for _ in range(steps):
            logits, state = self.step(token, state)
            token = logits.argmax(dim=-1)
            out.append(logits)
        return torch.stack(out, dim=1)


def after_eos(tokens: torch.Tensor, eos: int, pad: int) -> torch.Tensor:
    """tokens (N, L) with everything after each row's first `eos` replaced by `pad`."""
    ended = (tokens == eos).cumsum(dim=1) - (tokens == eos).long() > 0
    return tokens.masked_fill(ended, pad)


def check_state_dict(got: dict[str, torch.Tensor], twin: nn.Module, name: str) -> None:
    """The student's state_dict must hold every key of the twin's, with the same shape (more keys do no harm)."""
    want = {key: tuple(value.shape) for key, value in twin.state_dict().items()}
    missing = [key for key in want if key not in got]
    extra = [key for key in got if key not in want]
    has = f"; it has {few(map(repr, extra))} instead" if extra else ""
    needs(
        not missing,
        f"The state_dict of your {name} has no {few(map(repr, missing))}{has}. "
        "CONTRACT.md has the attributes' names.",
    )
    for key, shape in want.items():
        needs(
            tuple(got[key].shape) == shape,
            f"{key!r} in the state_dict of your {name} has the shape {tuple(got[key].shape)}, not {shape}.",
        )


def unsorted_lengths(draw, n: int, longest: int) -> torch.Tensor:
    """Lengths (n,) from 1 to `longest`, including both, as different as possible and in no order.

    Of several draws it is the one that differs in the most places from its sorted versions, ascending and descending:
    code that sorts a batch without restoring it, or mixes its rows up, is not right by chance. From four sequences on
    neither sorting order is its own inverse: code that restores by the order instead of its inverse is not either.
    """
    if n == 1:
        return draw.integers(1, longest + 1, 1)
    best, most = None, (False, -1)
    for _ in range(24):
        if n <= longest:
            lengths = draw.integers(0, 1 << 30, longest).argsort()[:n] + 1  # all different
        else:
            lengths = draw.integers(1, longest + 1, n)
        if not bool((lengths == longest).any()):
            lengths[lengths.argmax()] = longest
        if not bool((lengths == 1).any()):
            lengths[lengths.argmin()] = 1
        up, order = lengths.sort(stable=True)
        moved = int((lengths != up).sum() + (lengths != up.flip(0)).sum())
        ways = order, order.flip(0), lengths.argsort(descending=True, stable=True)
        turned = all(not torch.equal(lengths[way][way], lengths) for way in ways)
        if (turned, moved) > most:
            best, most = lengths, (turned, moved)
    return best


def draw_weights(twin: nn.Module, draw, scale: float = 0.6) -> dict[str, torch.Tensor]:
    """Weights for the twin, float64, all different, large enough that every path matters."""
    return {key: draw(*value.shape, scale=scale) for key, value in twin.state_dict().items()}


def load_both(model, twin: nn.Module, weights: dict[str, torch.Tensor], name: str) -> None:
    """Put the same float64 weights into the student's model (in the worker) and into its twin."""
    twin.double().load_state_dict(weights)
    check_state_dict(model.state_dict(), twin, name)
    model.load_state_dict(weights, strict=False)
