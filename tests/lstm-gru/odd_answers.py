"""Right answers in odd but legitimate forms: settings that are changed in place, objects that are kept between calls, one helper for
several questions. Name → question → code; none of them may lose a point (grading/test_odd_answers.py)."""

from __future__ import annotations

from kit_lab import kit_lab
from own_versions import edited

R = kit_lab().reference
CASES: dict[str, dict[str, str | tuple[str, ...]]] = {}

STEP_WITH_SETTINGS = """
CONFIG = {"check": True, "calls": 0}

""" + edited(
    R("q1"),
    (
        "    from_input",
        '    CONFIG["calls"] += 1\n    if CONFIG["check"]:\n        assert x.shape[0] == h.shape[0]\n    from_input',
    ),
)
CASES["a global dict of settings, in which the layer switches a check off and on again"] = {
    "q1": STEP_WITH_SETTINGS,
    "q3": edited(
        R("q3"),
        (
            "        outputs = []\n        for t in range(x.shape[1]):\n            h, c, _",
            '        CONFIG["check"] = False\n        outputs = []\n        for t in range(x.shape[1]):\n            h, c, _',
        ),
        (
            "        return torch.stack(outputs, dim=1), (h, c)",
            '        CONFIG["check"] = True\n        return torch.stack(outputs, dim=1), (h, c)',
        ),
    ),
}
LSTM_WITH_SETTINGS = edited(
    R("q3"),
    (
        "        bound = 1 / math.sqrt(hidden_size)\n        self.weight_ih_l0 = nn.Parameter(torch.empty(4",
        '        self.settings = {"return_sequences": True, "history": []}\n        bound = 1 / math.sqrt(hidden_size)\n        self.weight_ih_l0 = nn.Parameter(torch.empty(4',
    ),
    (
        "        return torch.stack(outputs, dim=1), (h, c)",
        '        if not self.settings["return_sequences"]:\n            return h, (h, c)\n        return torch.stack(outputs, dim=1), (h, c)',
    ),
)
MODEL_THAT_SETS_THEM = edited(
    R("q8"),
    (
        "            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))\n",
        '            self.encoder.settings["return_sequences"] = False\n            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))\n            self.encoder.settings["return_sequences"] = True\n',
    ),
    ("        return self.head(outputs[:, 0]), state\n", "        return self.head(outputs), state\n"),
    (
        "        outputs, state = self.decoder(x, state)\n",
        '        self.decoder.settings["return_sequences"] = False\n        outputs, state = self.decoder(x, state)\n',
    ),
)
CASES["settings of the student's LSTM, changed by q8 between two calls"] = {
    "q3": LSTM_WITH_SETTINGS,
    "q8": MODEL_THAT_SETS_THEM,
}
CASES["settings of the student's LSTM, changed once where q8 makes it"] = {
    "q3": LSTM_WITH_SETTINGS,
    "q8": edited(
        R("q8"),
        (
            "        self.head = nn.Linear(hidden_size, target_vocab)\n",
            "        self.head = nn.Linear(hidden_size, target_vocab)\n        self.decoder.settings.update(return_sequences=False)\n",
        ),
        ("        return self.head(outputs[:, 0]), state\n", "        return self.head(outputs), state\n"),
    ),
}
CASES["settings of the model, changed by decoding and by the training step"] = {
    "q8": edited(
        R("q8"),
        (
            "        self.bos = bos\n",
            '        self.bos = bos\n        self.options = {"forcing": 1.0, "noise": 0.0}\n',
        ),
        ("forcing=1.0):\n", "forcing=None):\n"),
        (
            "        state = self.encode(source, source_lengths)\n        inputs",
            '        forcing = self.options["forcing"] if forcing is None else forcing\n        state = self.encode(source, source_lengths)\n        inputs',
        ),
    ),
    "q10": edited(
        R("q10"),
        (
            "    with torch.no_grad():\n",
            '    with torch.no_grad():\n        before = dict(model.options)\n        model.options["noise"] = 0.0\n',
        ),
        (
            "        return torch.stack(out, dim=1)",
            "        model.options.clear()\n        model.options.update(before)\n        return torch.stack(out, dim=1)",
        ),
    ),
    "q11": edited(
        R("q11"),
        (
            "    logits = model(source, source_lengths, targets, forcing=1.0)",
            '    model.options["forcing"] = 1.0\n    logits = model(source, source_lengths, targets)',
        ),
    ),
}
CASES["settings in a SimpleNamespace, which later questions read and change"] = {
    "q6": "from types import SimpleNamespace\n\nSET = SimpleNamespace(offset=1, dim=1, log=[])\n\n\ndef last_valid(outputs, lengths):\n    SET.log.append(tuple(outputs.shape))\n    rows = torch.arange(len(outputs))\n    return outputs[rows, lengths - SET.offset]\n",
    "q7": edited(
        R("q7"),
        (
            "        summary = last_valid",
            "        SET.log.clear()\n        SET.dim = 1\n        summary = last_valid",
        ),
    ),
    "q9": edited(
        R("q9"),
        ("    log_p =", "    SET.pad = pad\n    SET.dim = -1\n    log_p ="),
        ("real = targets != pad", "real = targets != SET.pad"),
    ),
}
CASES["settings of torch, changed and put back in every call"] = {
    "q1": edited(
        R("q1"),
        (
            "    from_input",
            "    threads = torch.get_num_threads()\n    torch.set_num_threads(1)\n    torch.set_printoptions(precision=2)\n    from_input",
        ),
        ("    return new_h", "    torch.set_num_threads(threads)\n    return new_h"),
    ),
    "q4": edited(
        R("q4"),
        (
            "    outputs, _ = layer(x)\n",
            "    was = torch.is_grad_enabled()\n    torch.set_grad_enabled(True)\n    outputs, _ = layer(x)\n",
        ),
        ("    squares =", "    torch.set_grad_enabled(was)\n    squares ="),
    ),
    "q10": edited(
        R("q10"),
        (
            "    with torch.no_grad():\n",
            "    was, training = torch.is_grad_enabled(), model.training\n    torch.set_grad_enabled(False)\n    model.eval()\n    if True:\n",
        ),
        (
            "        return torch.stack(out, dim=1)",
            "        model.train(training)\n        torch.set_grad_enabled(was)\n        return torch.stack(out, dim=1)",
        ),
    ),
}
CASES["a setting that is an attribute of the class"] = {
    "q3": edited(
        R("q3"),
        ('    """A one-layer LSTM', '    reverse = False\n    """A one-layer LSTM'),
        (
            "        for t in range(x.shape[1]):\n            h, c, _",
            "        for t in (range(x.shape[1] - 1, -1, -1) if self.reverse else range(x.shape[1])):\n            h, c, _",
        ),
    ),
    "q8": edited(
        R("q8"),
        (
            "        state = self.encode(source, source_lengths)\n        inputs",
            "        LSTM.reverse = False\n        type(self.decoder).reverse = False\n        state = self.encode(source, source_lengths)\n        inputs",
        ),
    ),
}
CASES["settings that an experiment below the check changes and puts back"] = {
    "q6": (
        'SET = {"offset": 1}\n\n\ndef last_valid(outputs, lengths):\n    rows = torch.arange(len(outputs))\n    return outputs[rows, lengths - SET["offset"]]\n',
        'grader.check("q6")',
        'SET["offset"] = 2  # an experiment\nprint(last_valid(torch.ones(2, 3, 1), torch.tensor([2, 3])))\nSET["offset"] = 1\n',
    ),
}
CASES["counters, caches and weak references"] = {
    "q5": "import functools, itertools, weakref\n\nIDS = itertools.count()\n\n\n"
    + R("q5").replace("def matched_hidden_size", "@functools.cache\ndef matched_hidden_size"),
    "q6": "@functools.cache\ndef steps(n):\n    return torch.arange(n)\n\n\ndef last_valid(outputs, lengths):\n    return outputs[steps(len(outputs)), lengths - 1]\n",
    "q7": edited(
        R("q7"),
        (
            "        self.recurrent = recurrent\n",
            "        self.recurrent = recurrent\n        self.id = next(IDS)\n",
        ),
    ),
    "q8": edited(
        R("q8"),
        ("        self.bos = bos\n", "        self.bos = bos\n        self.id = next(IDS)\n"),
        (
            "            valid = (t < source_lengths)",
            "            valid = (steps(x.shape[1])[t] < source_lengths)",
        ),
    ),
    "q10": edited(
        R("q10"),
        (
            "        return torch.stack(out, dim=1)",
            "        model.__dict__.setdefault('trace', __import__('collections').deque(maxlen=3)).append(len(out))\n        return torch.stack(out, dim=1)",
        ),
    ),
    "q11": "HISTORY = weakref.WeakKeyDictionary()\n\n\n"
    + edited(
        R("q11"),
        (
            "    return loss.item()",
            "    HISTORY.setdefault(optimizer, []).append(loss.item())\n    return HISTORY[optimizer][-1]",
        ),
    ),
}
CASES["answers that are instances, static methods and bound methods"] = {
    "q2": "class Gru:\n    __slots__ = ()\n\n"
    + "".join(
        "    " + l + "\n" if l else "\n"
        for l in R("q2")
        .split("import Tensor\n", 1)[1]
        .replace("def gru_step(\n", "def step(self,\n")
        .splitlines()
    )
    + "\n\ngru_step = Gru().step\n",
    "q6": "class Pool:\n    @staticmethod\n    def last(outputs, lengths):\n        return outputs[torch.arange(len(outputs)), lengths - 1]\n\n\nlast_valid = Pool.last\n",
    "q9": "class Loss:\n    __slots__ = ('dim',)\n\n    def __init__(self, dim):\n        self.dim = dim\n\n    def __call__(self, logits, targets, pad):\n        nll = -torch.log_softmax(logits, self.dim).gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n        return nll[targets != pad].mean()\n\n\nsequence_loss = Loss(-1)\n",
    "q10": R("q10").replace(
        "model.step(token, state)", "__import__('operator').methodcaller('step', token, state)(model)"
    ),
}
GATE_PARTS = """
def gate_parts(x, h, w_ih, w_hh, b_ih, b_hh, n):
    return [(a, b) for a, b in zip((x @ w_ih.T + b_ih).chunk(n, dim=1), (h @ w_hh.T + b_hh).chunk(n, dim=1))]


"""
CASES["helpers in q1's cell for q2 and q3"] = {
    "q1": GATE_PARTS
    + """
def draw(layer, n, D, H):
    for name, size in (("weight_ih_l0", (n * H, D)), ("weight_hh_l0", (n * H, H)), ("bias_ih_l0", (n * H,)), ("bias_hh_l0", (n * H,))):
        setattr(layer, name, nn.Parameter(torch.empty(size).uniform_(-(H**-0.5), H**-0.5)))


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    i, f, g, o = (a + b for a, b in gate_parts(x, h, w_ih, w_hh, b_ih, b_hh, 4))
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g
    return o * torch.tanh(c), c, {"i": i, "f": f, "g": g, "o": o}
""",
    "q2": """
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    (xr, hr), (xz, hz), (xn, hn) = gate_parts(x, h, w_ih, w_hh, b_ih, b_hh, 3)
    r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
    n = torch.tanh(xn + r * hn)
    return (1 - z) * n + z * h, {"r": r, "z": z, "n": n}
""",
    "q3": """
class Base(nn.Module):
    n = 4

    def __init__(self, D, H):
        super().__init__()
        self.hidden_size = H
        draw(self, self.n, D, H)


class LSTM(Base):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__(input_size, hidden_size)
        if forget_bias is not None:
            with torch.no_grad():
                self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias
                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0

    def forward(self, x, state=None):
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else state
        out = []
        for x_t in x.unbind(1):
            h, c, _ = lstm_step(x_t, h, c, *self.parameters())
            out.append(h)
        return torch.stack(out, 1), (h, c)


class GRU(Base):
    n = 3

    def forward(self, x, state=None):
        h = x.new_zeros(len(x), self.hidden_size) if state is None else state
        out = []
        for x_t in x.unbind(1):
            h, _ = gru_step(x_t, h, *self.parameters())
            out.append(h)
        return torch.stack(out, 1), h
""",
}
CASES["a helper in q6's cell for q8, q9 and q10"] = {
    "q6": """
def valid(lengths, steps):
    return torch.arange(steps)[None, :] < lengths[:, None]


def last_valid(outputs, lengths):
    at = valid(lengths, outputs.shape[1]) & ~valid(lengths - 1, outputs.shape[1])
    return outputs[at]
""",
    "q8": edited(
        R("q8"),
        (
            "valid = (t < source_lengths).unsqueeze(1)",
            "now = valid(source_lengths, x.shape[1])[:, t : t + 1]",
        ),
        ("torch.where(valid, h_next, h)", "torch.where(now, h_next, h)"),
        ("torch.where(valid, c_next, c)", "torch.where(now, c_next, c)"),
    ),
    "q9": edited(
        R("q9"),
        (
            "    real = targets != pad  # (N, T)\n",
            "    real = (targets != pad) & valid(torch.full((len(targets),), targets.shape[1]), targets.shape[1])\n",
        ),
    ),
    "q10": edited(
        R("q10"),
        (
            "    with torch.no_grad():\n",
            "    with torch.no_grad():\n        assert valid(source_lengths, source.shape[1]).any()\n",
        ),
    ),
}
CASES["a helper in q4's cell for q7 and q8"] = {
    "q4": """
def outputs_of(layer, x, *state):
    return layer(x, *state)[0]


"""
    + edited(R("q4"), ("    outputs, _ = layer(x)\n", "    outputs = outputs_of(layer, x)\n")),
    "q7": edited(
        R("q7"),
        (
            "        outputs, _ = self.recurrent(x)  # (N, T, H)\n",
            "        outputs = outputs_of(self.recurrent, x)\n",
        ),
    ),
    "q8": edited(
        R("q8"),
        (
            "        state = self.encode(source, source_lengths)\n        inputs",
            "        outputs_of(self.encoder, self.source_embedding(source)).sum()\n        state = self.encode(source, source_lengths)\n        inputs",
        ),
    ),
}
CASES["a decorator in q1's cell on every function"] = {
    "q1": """
import functools


def counted(function):
    @functools.wraps(function)
    def call(*args, **named):
        call.count += 1
        return function(*args, **named)

    call.count = 0
    return call


"""
    + "@counted\n".join(R("q1").rpartition("def lstm_step(")[:1])
    + "@counted\ndef lstm_step("
    + R("q1").rpartition("def lstm_step(")[2],
    **{
        q: "".join(R(q).replace(f"\ndef {name}(", f"\n@counted\ndef {name}("))
        for q, name in (
            ("q2", "gru_step"),
            ("q6", "last_valid"),
            ("q9", "sequence_loss"),
            ("q10", "greedy_decode"),
            ("q11", "training_step"),
        )
    },
}
CASES["an object that q9 and q11 set back before each use"] = {
    "q9": '''
class Mean:
    """A running mean that is set back before each use."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.total, self.count = 0.0, 0
        return self

    def add(self, values):
        self.total = self.total + values.sum()
        self.count += values.numel()
        return self

    @property
    def value(self):
        return self.total / self.count


MEAN = Mean()


def sequence_loss(logits, targets, pad):
    nll = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return MEAN.reset().add(nll[targets.flatten() != pad]).value
''',
    "q11": edited(
        R("q11"),
        ("    return loss.item()", "    return MEAN.reset().add(loss.detach().reshape(1)).value.item()"),
    ),
}
