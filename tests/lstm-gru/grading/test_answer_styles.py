"""Right answers as people write them who come from elsewhere: each style answers some questions, and has all their points."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, full

FROM_JAX = {
    "q1": """
from functools import partial

@partial(torch.vmap, in_dims=(0, 0, 0, None, None, None, None))
def _one(x, h, c, w_ih, w_hh, b_ih, b_hh):
    i, f, g, o = (w_ih @ x + b_ih + w_hh @ h + b_hh).view(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    return o * c.tanh(), c, i, f, g, o

def lstm_step(*arrays):
    h, c, *gates = _one(*arrays)
    return h, c, dict(zip("ifgo", gates))
""",
    "q2": """
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    X, Y = (F.linear(v, w, b).unflatten(1, (3, -1)) for v, w, b in ((x, w_ih, b_ih), (h, w_hh, b_hh)))
    r, z = torch.sigmoid(X[:, :2] + Y[:, :2]).unbind(1)
    n = torch.addcmul(X[:, 2], r, Y[:, 2]).tanh()
    return torch.lerp(n, h, z), {"r": r, "z": z, "n": n}
""",
    "q4": """
def gradient_norms(layer, x):
    g = torch.func.grad(lambda x: layer(x)[0][:, -1].sum())(x.detach())
    return g.transpose(0, 1).flatten(1).norm(dim=1).detach()

def cell_path_gain(forget_gates):
    import itertools, operator
    one = torch.ones_like(forget_gates[0])
    return torch.stack([*itertools.accumulate(reversed(list(forget_gates[1:])), operator.mul, initial=one)][::-1])
""",
    "q6": """
def last_valid(outputs, lengths):
    return torch.vmap(lambda o, n: o.index_select(0, n[None] - 1)[0])(outputs, lengths)
""",
    "q9": """
def sequence_loss(logits, targets, pad):
    nll = logits.logsumexp(-1) - torch.take_along_dim(logits, targets[..., None], -1)[..., 0]
    return nll[targets != pad].mean()
""",
}

OWN_AUTOGRAD = {
    "q1": """
class Affine(torch.autograd.Function):
    @staticmethod
    def forward(x, w, b):
        return x @ w.T + b
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs[:2])
    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        return grad @ w, grad.T @ x, grad.sum(0)

def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    i, f, g, o = (Affine.apply(x, w_ih, b_ih) + Affine.apply(h, w_hh, b_hh)).chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = torch.mul(f, c).addcmul_(i, g)
    return o * c.tanh(), c, dict(i=i, f=f, g=g, o=o)
""",
}

CLASS_HIERARCHY = {
    "q3": """
import abc

class Recurrent(nn.Module, abc.ABC):
    def __init_subclass__(cls, gates=1, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.GATES = gates
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.GATES * hidden_size
        for name, size in dict(weight_ih=(rows, input_size), weight_hh=(rows, hidden_size), bias_ih=(rows,), bias_hh=(rows,)).items():
            self.register_parameter(f"{name}_l0", nn.Parameter(torch.empty(size)))
        for p in self.parameters():
            nn.init.uniform_(p, -hidden_size ** -0.5, hidden_size ** -0.5)
    @property
    def weights(self):
        return tuple(self._parameters.values())
    @abc.abstractmethod
    def step(self, x, state): ...
    def scan(self, x, state):
        for x_t in x.transpose(0, 1):
            out, state = self.step(x_t, state)
            yield out, state
    def forward(self, x, state=None):
        outs, states = zip(*self.scan(x, self.initial(x) if state is None else state))
        return torch.stack(outs, dim=1), states[-1]

class LSTM(Recurrent, gates=4):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__(input_size, hidden_size)
        if forget_bias is not None:
            self.forget_bias = forget_bias
    @property
    def forget_bias(self):
        return (self.bias_ih_l0 + self.bias_hh_l0).view(4, -1)[1]
    @forget_bias.setter
    def forget_bias(self, value):
        self.bias_ih_l0.data.view(4, -1)[1] = value
        self.bias_hh_l0.data.view(4, -1)[1] = 0
    def initial(self, x):
        return (x.new_zeros(len(x), self.hidden_size),) * 2
    def step(self, x, state):
        h, c, _ = lstm_step(x, *state, *self.weights)
        return h, (h, c)

class GRU(Recurrent, gates=3):
    def initial(self, x):
        return x.new_zeros(len(x), self.hidden_size)
    def step(self, x, h):
        return (gru_step(x, h, *self.weights)[0],) * 2
""",
}

CALLABLE_OBJECTS = {
    "q1": """
import functools, logging, warnings
warnings.filterwarnings("error")
logging.basicConfig(level=logging.DEBUG, force=True)

class Step:
    __slots__ = ("calls",)
    cache: dict = {}
    def __init__(self):
        self.calls = 0
    def __call__(self, x, h, c, w_ih, w_hh, b_ih, b_hh):
        self.calls += 1
        logging.debug("call %d of %s", self.calls, x.shape)
        match (x @ w_ih.mT + b_ih + h @ w_hh.mT + b_hh).tensor_split(4, dim=-1):
            case (i, f, g, o):
                gates = dict(i=i.sigmoid(), f=f.sigmoid(), g=g.tanh(), o=o.sigmoid())
        c = gates["f"] * c + gates["i"] * gates["g"]
        return gates["o"] * c.tanh(), c, gates

lstm_step = Step()
""",
    "q5": """
from bisect import bisect_left
from functools import cache

def count_parameters(module):
    return sum({p: p.numel() for p in module.parameters() if p.requires_grad}.values())

@cache
def matched_hidden_size(target_params, input_size):
    size = lambda h: h * (h + input_size + 2)
    k = bisect_left(range(1, 100_000), target_params, key=size) + 1
    return k if k == 1 or size(k) - target_params < target_params - size(k - 1) else k - 1
""",
}

TYPED = {
    "q1": """
from __future__ import annotations
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
import dataclasses as dc
if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
Gate: TypeAlias = Literal["i", "f", "g", "o"]
ORDER: Final[tuple[Gate, ...]] = ("i", "f", "g", "o")

@dc.dataclass(slots=True, kw_only=True)
class Gates:
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor

def lstm_step(x: Float[Tensor, "n d"], h: Float[Tensor, "n h"], c: Tensor, w_ih, w_hh, b_ih, b_hh) -> tuple[Tensor, Tensor, dict[Gate, Tensor]]:  # type: ignore[override]
    z̃ = F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)  # noqa
    γ = Gates(**{n: v.tanh() if n == "g" else v.sigmoid() for n, v in zip(ORDER, z̃.chunk(4, 1), strict=True)})
    c = γ.f * c + γ.i * γ.g
    return γ.o * c.tanh(), c, {f.name: getattr(γ, f.name) for f in dc.fields(γ)}
""",
}

FROM_MATLAB = {
    "q1": """
global sigm
sigm = lambda v: 1. / (1. + torch.exp(-v));
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
\tglobal sigm;
\t[N, H] = h.shape;
\tpre = x @ w_ih.T + b_ih.reshape(1, -1) + h @ w_hh.T + b_hh.reshape(1, -1);
\ti = sigm(pre[:, 0*H:1*H]); f = sigm(pre[:, 1*H:2*H]);
\tg = torch.tanh(pre[:, 2*H:3*H]); o = sigm(pre[:, 3*H:4*H]);
\tc_next = torch.zeros(N, H, dtype=c.dtype); c_next[:, :] = f*c + i*g;
\th_next = o*torch.tanh(c_next);
\tgates = {}; gates['i'] = i; gates['f'] = f; gates['g'] = g; gates['o'] = o;
\treturn h_next, c_next, gates;
""".replace("\n", "\r\n"),
    "q6": """
def last_valid(outputs, lengths):
    [N, T, H] = outputs.shape;
    result = torch.zeros(N, H, dtype=outputs.dtype);
    for n in range(N):
        result[n, :] = outputs[n, lengths[n] - 1, :];
    return result;
""",
}

GENERATORS = {
    "q10": """
def _tokens(model, state, token, eos):
    ended = torch.zeros_like(token).bool()
    while not ended.all():
        logits, state = model.step(token, state)
        token = logits.topk(1, dim=-1).indices.squeeze(-1)
        yield token, ended
        ended = ended.logical_or(token.eq(eos))

def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    from itertools import islice
    with torch.inference_mode():
        steps = _tokens(model, model.encode(source, source_lengths), torch.full_like(source[:, 0], bos), eos)
        return torch.stack([t.masked_fill(e, pad) for t, e in islice(steps, max_len)], dim=-1)
""",
    "q11": """
scaler = torch.amp.GradScaler("cpu", enabled=False)

def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    def closure():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", enabled=False), torch.enable_grad():
            loss = sequence_loss(model(source, source_lengths, targets), targets, pad)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip, error_if_nonfinite=True)
        return loss
    return optimizer.step(closure).item()
""",
}

ONE_LINE = {
    "q1": """
import torch.utils.deterministic
torch.set_default_dtype(torch.float64)
torch.set_default_device("cpu")
torch.use_deterministic_algorithms(True)
torch.utils.deterministic.fill_uninitialized_memory = True
torch.autograd.set_detect_anomaly(True)
lstm_step = lambda x, h, c, w_ih, w_hh, b_ih, b_hh: ((o := (p := (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, 1))[3].sigmoid()) * (new := (f := p[1].sigmoid()) * c + (i := p[0].sigmoid()) * (g := p[2].tanh())).tanh(), new, {"i": i, "f": f, "g": g, "o": o})
""",
    "q9": """
sequence_loss = lambda logits, targets, pad: F.nll_loss(F.log_softmax(logits, 2).permute(0, 2, 1), targets, ignore_index=pad)
""",
}

EINOPS = {
    "q1": """
from einops import einsum, pack, rearrange
from einops.layers.torch import Rearrange
split = Rearrange("n (four h) -> four n h", four=4)

def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    pre = einsum(x, w_ih, "n d, fourh d -> n fourh") + einsum(h, w_hh, "n h, fourh h -> n fourh")
    i, f, g, o = split(pre + rearrange(b_ih + b_hh, "h -> 1 h"))
    gates = {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates["o"] * c.tanh(), c, gates
""",
    "q6": """
import einops

def last_valid(outputs, lengths):
    rows = einops.repeat(lengths - 1, "n -> n 1 h", h=outputs.shape[2])
    return einops.rearrange(outputs.gather(1, rows), "n 1 h -> n h")
""",
}

STYLES = {
    "who comes from JAX": FROM_JAX,
    "a function with a backward of its own": OWN_AUTOGRAD,
    "a hierarchy of classes, with a property that is set": CLASS_HIERARCHY,
    "objects that are called, warnings as errors": CALLABLE_OBJECTS,
    "types everywhere, names in Greek": TYPED,
    "who comes from MATLAB, with tabs and another system's line ends": FROM_MATLAB,
    "generators and closures": GENERATORS,
    "axes by their names, with einops": EINOPS,
    "one line, and every switch of torch set": ONE_LINE,
}


@pytest.mark.parametrize("name", STYLES)
def test_a_right_answer_has_its_points_however_it_is_written(graded: Callable, name: str) -> None:
    answers = STYLES[name]

    def change(cells: Cells) -> None:
        for question, source in answers.items():
            answer(cells, question)["source"] = source

    report = graded(change, *answers)
    assert full(report, *answers)
    assert report.cells == []
