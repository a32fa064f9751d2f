"""Public check of q3: both layers against torch.nn.LSTM and torch.nn.GRU, with the same weights.

While it runs, PyTorch's cells have the names lstm_step and gru_step, so that q3 does not depend on q1 and q2.
Where it finds something then, it looks once more with your own, if they are right.
"""

import inspect

import torch
from torch import nn

from seqlab.checking import (
    WHOLE,
    Check,
    Finding,
    Numbers,
    Part,
    Several,
    agree,
    gradients_agree,
    need,
    not_carried,
    repeats,
    standins,
)

OK_FORMAT = False
name = "q3"
check = Check(name)

RETURNS = {
    "LSTM": {(0,): Part(Several("outputs"), "N T H"), (1, 0): Part("h", "N H"), (1, 1): Part("c", "N H")},
    "GRU": {(0,): Part(Several("outputs"), "N T H"), (1,): Part("h", "N H")},
}
STATE = {"LSTM": 2, "GRU": 1}  # how many tensors the state is
BLOCKS = {"LSTM": 4, "GRU": 3}
IN_ORDER = (0, 1, 2, 3)  # w_ih, w_hh, b_ih, b_hh
FORGET_BIASES = [1.5, 0.0, -1.5, 2]  # of both signs, none, and a whole number
SIZES = [  # N, T, D, H
    ("2 sequences, 4 steps", 2, 4, 3, 5),
    ("1 sequence, 1 step", 1, 1, 5, 2),
    ("1 sequence, 12 steps", 1, 12, 2, 3),
]
FIRST_STATE = " Where is the first state made, and does it take its dtype from x? Here that is float32."
ONE_BIAS = (
    " {step} got the same numbers as b_ih and as b_hh. Has the layer two biases, and does it pass on both?"
)


@check.calls
def calls(student):
    steps = {"lstm_step": 0, "gru_step": 0}
    weights, orders = {}, []  # of the layer that is called; the orders in which its step got them

    def seen(name, arguments, keywords):
        steps[name] += 1
        order = order_of(getattr(standins, name), arguments, keywords, weights)
        if order not in orders:
            orders.append(order)

    # (the call, the weights, how often it called the step, with them in order? with one bias as both?)
    found = {"LSTM": [], "GRU": []}
    with student.given(seen, lstm_step=standins.lstm_step, gru_step=standins.gru_step):
        for layer in found:
            for about, N, T, D, H in SIZES:
                draw = Numbers(seed=T)
                weights = draw.like(shapes(layer, D, H))
                made = student.make(layer, D, H, weights=weights, exact=True)
                x, state = draw(N, T, D), tuple(draw(N, H) for _ in range(STATE[layer]))
                state = state if layer == "LSTM" else state[0]
                for more, given in [("no state", ()), ("a state given", (state,)), ("no state again", ())]:
                    before = steps[f"{layer.lower()}_step"]
                    orders.clear()
                    call = student.on(
                        made, x, *given, names="x state", about=f"{about}, {more}", gradients=[WHOLE]
                    )
                    made_steps = steps[f"{layer.lower()}_step"] - before
                    student.note(layer, "steps", made_steps)
                    student.note(layer, "orders", [list(order) for order in orders])
                    right, twice = (
                        orders in ([], [IN_ORDER]),
                        any(b_ih == b_hh >= 0 for *_, b_ih, b_hh in orders),
                    )
                    found[layer].append((call, weights, made_steps, right, twice))
    for layer in BLOCKS:
        found["fresh", layer] = student.look(student.make(layer, 4, 9), f"{layer}(4, 9), fresh", fresh)
    for bias in FORGET_BIASES:
        made = student.make("LSTM", 2, 3, forget_bias=bias)
        found["bias", bias] = student.look(made, f"LSTM(2, 3, forget_bias={bias})", forget_rows)
    with student.given(lstm_step=standins.lstm_step, gru_step=standins.gru_step):
        for layer in BLOCKS:
            found["float32", layer] = in_float32(student, layer)
    return found


def in_float32(student, layer):
    """One call of a layer whose weights, like x, are float32, and those weights."""
    draw = Numbers(seed=5)
    weights = draw.like(shapes(layer, 3, 4))
    made = student.make(layer, 3, 4, weights=weights, exact=True)
    student.look(made, "float32", lambda made: bool(made.float()))
    x = draw(2, 3, 3, dtype=torch.float32)
    return student.on(made, x, names="x state", about="x and the weights in float32, no state"), weights


def order_of(step, arguments, keywords, weights):
    """Which of the layer's weights, 0 to 3, stand where w_ih, w_hh, b_ih and b_hh should; -1 for anything else.

    A step of yours may take more than the contract's: that is not for this check to judge.
    """
    try:
        given = inspect.signature(step).bind(*arguments, **keywords).arguments
    except TypeError:
        return IN_ORDER
    return tuple(
        next((k for k, weight in enumerate(weights.values()) if alike(given[name], weight)), -1)
        for name in ("w_ih", "w_hh", "b_ih", "b_hh")
    )


def alike(got, want):
    return isinstance(got, torch.Tensor) and got.shape == want.shape and bool((got.cpu() == want).all())


def shapes(layer, D, H):
    k = BLOCKS[layer]
    return {
        "weight_ih_l0": (k * H, D),
        "weight_hh_l0": (k * H, H),
        "bias_ih_l0": (k * H,),
        "bias_hh_l0": (k * H,),
    }


def forget_rows(layer):
    """Which rows of the two biases are each of FORGET_BIASES."""
    return [
        [(bias == level).tolist() for level in FORGET_BIASES] for bias in (layer.bias_ih_l0, layer.bias_hh_l0)
    ]


def fresh(layer):
    """Per parameter: largest number at most 1/sqrt(H), at most 1/sqrt(D), above 0.2? Of both signs?"""
    return {
        name: [
            bool(p.abs().max() <= 1 / 3),
            bool(p.abs().max() <= 1 / 2),
            bool(p.abs().max() > 0.2),
            spread(p),
            all(len(block.unique()) > 1 for block in p.split(9)),  # a gate's rows, H = 9
        ]
        for name, p in layer.named_parameters()
    }


def spread(p):
    return bool(p.min() < -0.1) and bool(p.max() > 0.1)


def pytorch(call, layer, weights):
    """The same call of torch.nn's layer with these weights, with the contract's shapes of the state."""
    H, D = weights["weight_hh_l0"].shape[1], weights["weight_ih_l0"].shape[1]
    own = getattr(nn, layer)(D, H, batch_first=True, dtype=call.arguments[0].dtype)
    own.load_state_dict(weights)

    def run(x, state=None):
        if state is None:
            outputs, last = own(x)
        else:
            outputs, last = own(x, tuple(s[None] for s in state) if layer == "LSTM" else state[None])
        return outputs, (last[0][0], last[1][0]) if layer == "LSTM" else last[0]

    return call.like(run, own)


def same_as_pytorch(found, layer, step):
    for about in range(0, len(found[layer]), 3):
        repeats(found[layer][about][0], found[layer][about + 2][0])  # no state, and no state again
    for call, weights, *_, twice in found[layer]:
        try:
            agree(call, pytorch(call, layer, weights), RETURNS[layer], not_carried)
        except Finding as finding:
            more = ONE_BIAS.format(step=step) if twice and call.error is None else ""
            raise type(finding)(finding.call, f"{finding}{more}") from None
    call, weights = found["float32", layer]
    if isinstance(call.error, RuntimeError):
        raise Finding(call, FIRST_STATE)
    agree(call, pytorch(call, layer, weights), RETURNS[layer])
    for call, weights, steps, right, _ in found[layer]:
        gradients_agree(call, pytorch(call, layer, weights))
        T = call.arguments[0].shape[1]
        need(
            call,
            steps == T,
            f"for T = {T} steps, {step} was called {steps} times. The layer calls it by name.",
        )
        need(
            call,
            right,
            f"{step} is not called with the layer's weights in the order w_ih, w_hh, b_ih, b_hh.",
        )
    start = found["fresh", layer]
    need(start, True)
    for parameter, (inside, _, wide, both_signs, drawn) in start.value.items():
        need(
            start,
            inside and wide and both_signs and drawn,
            f"{parameter} is not spread over -1/sqrt(H) to 1/sqrt(H), in the rows of each gate.",
        )


@check.case("LSTM")
def lstm(found):
    same_as_pytorch(found, "LSTM", "lstm_step")
    forget = [row // 3 == 1 for row in range(12)]  # rows i, f, g, o with H = 3
    zero = FORGET_BIASES.index(0.0)
    for place, value in enumerate(FORGET_BIASES):
        bias = found["bias", value]
        need(bias, True)
        need(
            bias,
            bias.value[0][place] == forget,
            f"the forget rows of bias_ih_l0, and only they, should be {value}.",
        )
        need(
            bias, bias.value[1][zero] == forget, "the forget rows of bias_hh_l0, and only they, should be 0."
        )


@check.case("GRU")
def gru(found):
    same_as_pytorch(found, "GRU", "gru_step")
