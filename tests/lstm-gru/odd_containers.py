"""Right answers to every question whose helper objects have `__slots__` and are kept in sets, deques, weak sets and generators."""

from __future__ import annotations

from kit_lab import kit_lab
from own_versions import edited

R = kit_lab().reference
ANSWERS: dict[str, str] = {
    "q1": """
import weakref
from collections import deque


class Gate:
    __slots__ = ("letter", "squash", "__weakref__")
    every = weakref.WeakSet()

    def __init__(self, letter, squash):
        self.letter, self.squash = letter, squash
        Gate.every.add(self)


GATES = deque([Gate("i", torch.sigmoid), Gate("f", torch.sigmoid), Gate("g", torch.tanh), Gate("o", torch.sigmoid)])


def _open(pre):
    for gate, part in zip(GATES, pre.chunk(4, dim=1)):
        yield gate.letter, gate.squash(part)


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    gates = dict(_open(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh))
    assert len(Gate.every) >= 4
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates["o"] * torch.tanh(c), c, gates
""",
    "q2": """
class Part:
    __slots__ = ("n", "of_x", "of_h")

    def __init__(self, n, of_x, of_h):
        self.n, self.of_x, self.of_h = n, of_x, of_h

    def __hash__(self):
        return hash(self.n)

    def __eq__(self, other):
        return self.n == other.n


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    parts = {Part(n, a, b) for n, a, b in zip("rzn", (x @ w_ih.T + b_ih).chunk(3, 1), (h @ w_hh.T + b_hh).chunk(3, 1))}
    by = {part.n: part for part in parts}
    r = torch.sigmoid(by["r"].of_x + by["r"].of_h)
    z = torch.sigmoid(by["z"].of_x + by["z"].of_h)
    n = torch.tanh(by["n"].of_x + r * by["n"].of_h)
    return (1 - z) * n + z * h, {"r": r, "z": z, "n": n}
""",
    "q3": """
from collections import deque
import weakref


class Memory:
    __slots__ = ("h", "c")

    def __init__(self, h, c):
        self.h, self.c = h, c


def _steps(layer, x, memory):
    for t in range(x.shape[1]):
        memory.h, memory.c, _ = lstm_step(x[:, t], memory.h, memory.c, layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0)
        yield memory.h


class LSTM(nn.Module):
    alive = weakref.WeakSet()

    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        self.hidden_size = hidden_size
        self.last = deque(maxlen=2)
        LSTM.alive.add(self)
        _draw(self, 4, input_size, hidden_size)
        if forget_bias is not None:
            with torch.no_grad():
                self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias
                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0

    def forward(self, x, state=None):
        zeros = x.new_zeros(x.shape[0], self.hidden_size)
        memory = Memory(*(state or (zeros, zeros)))
        outputs = torch.stack([*_steps(self, x, memory)], dim=1)
        self.last.append(memory)
        return outputs, (self.last[-1].h, self.last[-1].c)


def _draw(layer, n, D, H):
    bound = H**-0.5
    for name, size in (("weight_ih_l0", (n * H, D)), ("weight_hh_l0", (n * H, H)), ("bias_ih_l0", (n * H,)), ("bias_hh_l0", (n * H,))):
        setattr(layer, name, nn.Parameter(torch.empty(size).uniform_(-bound, bound)))


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        _draw(self, 3, input_size, hidden_size)

    def forward(self, x, state=None):
        def run(h):
            for x_t in x.unbind(1):
                h = gru_step(x_t, h, *self.parameters())[0]
                yield h

        outputs = deque(run(x.new_zeros(x.shape[0], self.hidden_size) if state is None else state))
        return torch.stack(tuple(outputs), dim=1), outputs[-1]
""",
    "q4": """
class Gains:
    __slots__ = ("gain",)

    def __init__(self, gain):
        self.gain = gain

    def back(self, gates):
        yield self.gain
        for f in reversed(gates[1:].unbind(0)):
            self.gain = self.gain * f
            yield self.gain


def gradient_norms(layer, x):
    leaf = x.detach().clone().requires_grad_()
    outputs, _ = layer(leaf)
    (gradient,) = torch.autograd.grad(outputs[:, -1].sum(), {leaf}.pop())
    return torch.stack(list(step.norm() for step in gradient.unbind(1)))


def cell_path_gain(forget_gates):
    gains = deque()
    gains.extendleft(Gains(torch.ones_like(forget_gates[0])).back(forget_gates))
    return torch.stack(list(gains))
""",
    "q5": """
class Width:
    __slots__ = ("H", "D")
    seen = set()

    def __init__(self, H, D):
        self.H, self.D = H, D
        Width.seen.add(self)

    @property
    def count(self):
        return self.H * (self.D + self.H + 2)


def count_parameters(module):
    return sum(p.numel() for p in {p for p in module.parameters() if p.requires_grad})


def matched_hidden_size(target_params, input_size):
    def widths():
        H = 1
        while True:
            yield Width(H, input_size)
            H += 1

    last = None
    for width in widths():
        if last is not None and abs(width.count - target_params) >= abs(last.count - target_params):
            return last.H
        last = width
""",
    "q6": """
class Row:
    __slots__ = ("outputs", "length")

    def __init__(self, outputs, length):
        self.outputs, self.length = outputs, length

    def last(self):
        return self.outputs[self.length - 1]


def last_valid(outputs, lengths):
    rows = deque(Row(o, n) for o, n in zip(outputs, lengths.tolist()))
    return torch.stack([row.last() for row in rows])
""",
    "q7": """
class Layers:
    __slots__ = ("of",)

    def __init__(self, of):
        self.of = of


class SequenceClassifier(nn.Module):
    every = weakref.WeakSet()

    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):
        super().__init__()
        self.embedding, self.recurrent, self.head = nn.Embedding(vocab_size, embedding_size), recurrent, nn.Linear(hidden_size, num_classes)
        self.order = deque((lambda x, n: (self.embedding(x), n), lambda x, n: (self.recurrent(x)[0], n), lambda x, n: (last_valid(x, n), n), lambda x, n: (self.head(x), n)))
        SequenceClassifier.every.add(self)

    def forward(self, tokens, lengths):
        for stage in self.order:
            tokens, lengths = stage(tokens, lengths)
        return tokens
""",
    "q8": """
class State:
    __slots__ = ("h", "c")

    def __init__(self, h, c):
        self.h, self.c = h, c

    def __iter__(self):
        yield self.h
        yield self.c


"""
    + edited(
        R("q8"),
        ("        c = torch.zeros_like(h)\n", "        s = State(h, torch.zeros_like(h))\n"),
        ("self.encoder(x[:, t : t + 1], (h, c))", "self.encoder(x[:, t : t + 1], tuple(s))"),
        (
            "            h = torch.where(valid, h_next, h)\n            c = torch.where(valid, c_next, c)\n        return h, c\n",
            "            s = State(torch.where(valid, h_next, s.h), torch.where(valid, c_next, s.c))\n        return tuple(s)\n",
        ),
        ("        steps = []\n", "        steps = deque(maxlen=targets.shape[1])\n"),
        ("        return torch.stack(steps, dim=1)", "        return torch.stack(tuple(steps), dim=1)"),
    ),
    "q9": """
class Token:
    __slots__ = ("loss", "real")

    def __init__(self, loss, real):
        self.loss, self.real = loss, real


def sequence_loss(logits, targets, pad):
    losses = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    steps = {Token(losses[:, t], targets[:, t] != pad) for t in range(targets.shape[1])}
    return sum(step.loss.masked_fill(~step.real, 0.0).sum() for step in steps) / sum(step.real.sum() for step in steps)
""",
    "q10": """
class Walk:
    __slots__ = ("model", "token", "state", "ended")

    def __init__(self, model, token, state):
        self.model, self.token, self.state, self.ended = model, token, state, torch.zeros_like(token, dtype=torch.bool)

    def tokens(self, max_len, eos, pad):
        for _ in range(max_len):
            logits, self.state = self.model.step(self.token, self.state)
            self.token = logits.argmax(-1)
            yield self.token.masked_fill(self.ended, pad)
            self.ended = self.ended | (self.token == eos)
            if self.ended.all():
                return


@torch.no_grad()
def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    walk = Walk(model, source.new_full((len(source),), bos), model.encode(source, source_lengths))
    return torch.stack(tuple(deque(walk.tokens(max_len, eos, pad))), dim=1)
""",
    "q11": """
class Losses:
    __slots__ = ("kept",)
    every = set()

    def __init__(self):
        self.kept = deque(maxlen=100)
        Losses.every.add(self)


LOSSES = Losses()


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    optimizer.zero_grad()
    loss = sequence_loss(model(source, source_lengths, targets, forcing=1.0), targets, pad)
    loss.backward()
    nn.utils.clip_grad_norm_({*model.parameters()}, clip)
    optimizer.step()
    LOSSES.kept.append(loss.item())
    return LOSSES.kept[-1]
""",
}
