"""What a recurrent layer should return (q3), on the examiner's side: by PyTorch's own layer, or by a step with
other equations, which the layer under test should follow."""

import torch
from torch import Tensor

WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
BLOCKS = {"LSTM": 4, "GRU": 3}
STEPS = {"LSTM": "lstm_step", "GRU": "gru_step"}

# The contract's signatures with other equations. ALPHA and BETA are drawn for each test.
OTHER = {
    "LSTM": """
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    pre = x @ w_ih.T + ALPHA * (h @ w_hh.T) + b_ih - b_hh
    i, f, g, o = pre.chunk(4, dim=1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + BETA * i * g - 0.1 * h
    return o * (BETA * c).tanh() + 0.1 * c, c, {"i": i, "f": f, "g": g, "o": o}
""",
    "GRU": """
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    x_r, x_z, x_n = (ALPHA * (x @ w_ih.T) + b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w_hh.T - b_hh).chunk(3, dim=1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + BETA * r * h_n).tanh()
    return z * n + (1 - z) * h + 0.1 * r, {"r": r, "z": z, "n": n}
""",
}

# How the worker's step gets those equations: the notebook's own step is called with other weights, and its results are
# combined differently. So a layer may use whatever its own step has beyond the contract: more arguments, other names of
# arguments, more results or (where an argument says so) fewer, attributes.
COMMON = """
class _Around:
    def __init__(self, step):
        self._step = step

    def __getattr__(self, name):
        return getattr(self.__dict__["_step"], name)

    def _by_position(self, given, named):
        import inspect

        try:
            own = list(inspect.signature(self._step).parameters)
        except (TypeError, ValueError):
            own = []
        given = list(given)
        for k in range(len(given), len(self.NAMES)):
            name = next((name for name in (*own[k : k + 1], self.NAMES[k]) if name in named), None)
            if name is None:
                break
            given.append(named.pop(name))
        if len(given) < len(self.NAMES):
            self._step(*given, **named)  # raises its own error about what is missing
        return given

    def _as_it_was(self, result, new):
        if not isinstance(result, tuple | list):
            return new[0]
        new = *new[: len(result)], *result[len(new) :]
        return type(result)(*new) if hasattr(result, "_fields") else new

"""
AROUND = {
    "LSTM": COMMON
    + """
    NAMES = "x", "h", "c", "w_ih", "w_hh", "b_ih", "b_hh"

    def __call__(self, *given, **named):
        x, h, c, w_ih, w_hh, b_ih, b_hh, *more = self._by_position(given, named)
        weights = w_ih, ALPHA * w_hh, b_ih, -b_hh
        result = self._step(x, h, c, *weights, *more, **named)
        whole = isinstance(result, tuple | list) and len(result) > 2
        _, c, gates, *_ = result if whole else self._step(x, h, c, *weights)
        i, g, o = (gates[key] for key in "igo")
        c = c + (BETA - 1) * i * g - 0.1 * h
        return self._as_it_was(result, (o * (BETA * c).tanh() + 0.1 * c, c, gates))


lstm_step = _Around(lstm_step)
del _Around
""",
    "GRU": COMMON
    + """
    NAMES = "x", "h", "w_ih", "w_hh", "b_ih", "b_hh"

    def __call__(self, *given, **named):
        x, h, w_ih, w_hh, b_ih, b_hh, *more = self._by_position(given, named)
        H = h.shape[1]
        scale = b_hh.new_tensor([1.0] * (2 * H) + [BETA] * H)
        weights = ALPHA * w_ih, scale.unsqueeze(1) * w_hh, b_ih, -scale * b_hh
        result = self._step(x, h, *weights, *more, **named)
        whole = isinstance(result, tuple | list) and len(result) > 1
        _, gates, *_ = result if whole else self._step(x, h, *weights)
        r, z, n = (gates[key] for key in "rzn")
        return self._as_it_was(result, (z * n + (1 - z) * h + 0.1 * r, gates))


gru_step = _Around(gru_step)
del _Around
""",
}


class Truth:
    """What a layer of this kind returns, on the examiner's side; `step` is "usual" or "other"."""

    def __init__(self, kind: str, draw, D: int, H: int, step: str = "usual", dtype=torch.float64) -> None:
        self.kind, self.H = kind, H
        rows = BLOCKS[kind] * H
        shapes = [(rows, D), (rows, H), (rows,), (rows,)]
        self.weights = {
            name: draw(*shape, scale=0.6, dtype=dtype) for name, shape in zip(WEIGHTS, shapes, strict=True)
        }
        self.layer = getattr(torch.nn, kind)(D, H, batch_first=True, dtype=torch.float64)
        self.step = None
        if step == "other":
            alpha, beta = (0.5 + torch.rand(2, generator=draw.generator)).tolist()
            other, self.source = (
                text[kind].replace("ALPHA", f"{alpha:.3f}").replace("BETA", f"{beta:.3f}")
                for text in (OTHER, AROUND)
            )
            space: dict = {}
            exec(other, space)
            self.step = space[STEPS[kind]]

    def __call__(self, x: Tensor, state=None):
        """x (N, T, D), state as in the contract → outputs (N, T, H), state."""
        weights = {name: weight.double() for name, weight in self.weights.items()}
        if self.step:
            return self._loop(x, state, list(weights.values()))
        if state is not None:
            state = (state[0][None], state[1][None]) if self.kind == "LSTM" else state[None]
        outputs, state = torch.func.functional_call(self.layer, weights, (x, state))
        return outputs, (state[0][0], state[1][0]) if self.kind == "LSTM" else state[0]

    def _loop(self, x: Tensor, state, weights: list[Tensor]):
        zeros = x.new_zeros(len(x), self.H)
        if state is None:
            state = (zeros, zeros) if self.kind == "LSTM" else zeros
        states = tuple(state) if self.kind == "LSTM" else (state,)
        outputs = []
        for t in range(x.shape[1]):
            *states, _ = self.step(x[:, t], *states, *weights)
            outputs.append(states[0])
        return torch.stack(outputs, dim=1), tuple(states) if self.kind == "LSTM" else states[0]
