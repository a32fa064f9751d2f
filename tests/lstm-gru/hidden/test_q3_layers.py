"""q3: the layers against torch.nn.LSTM and torch.nn.GRU in float64, with the reference step of q1 and q2.

Parts with `step` run twice: with the usual step, and with a step of other equations in its place. The layer must
follow either, which a layer that leaves the loop to a library, or repeats the equations, cannot do.
"""

import math
from collections.abc import Callable, Iterable

import pytest
import torch
from newborn import FORGET, INITIAL, both_facts, shapes_of
from torch import Tensor
from truth import STEPS, WEIGHTS, Truth

from gatelab.testkit import (
    KEYS_SHOWN,
    OF_GRADIENTS,
    Several,
    close,
    close_grads,
    each_size,
    few,
    near_at,
    needs,
    part,
    unchanged,
)
from gatelab.testkit import kind as kind_of

SIZES = [(3, 5, 2, 4), (1, 4, 3, 2), (4, 1, 2, 3)]  # N, T, D, H, pairwise different
LONG = (2, 33, 3, 2)  # a graph may be cut only every few steps


@pytest.fixture
def put_step(student):
    """Put a step of other equations into the notebook for one test."""
    put = []

    def put_step(truth: Truth) -> None:
        if truth.step:
            name = STEPS[truth.kind]
            put.append(name)
            usual = f"_usual_{name} = {name} = globals().get('_usual_{name}', {name})\n"
            student.define(usual + truth.source)

    yield put_step
    for name in set(put):
        # A lost worker was replaced by a new one, which has the usual step.
        student.define(f"{name} = globals().pop('_usual_{name}', {name})")


def loaded(student, truth: Truth, D: int):
    """The student's layer with the weights of `truth`."""
    layer = student.make(truth.kind, D, truth.H)
    try:
        layer.load_state_dict(truth.weights)
    except AssertionError:
        # We say which names do not fit. They are the student's own, so no known mistake is recognised by them.
        check_names(truth.kind, student.run(NAMES, replay=False, layer=layer).value)
        raise
    return layer


NAMES = "def main(ns, layer): return list(layer.state_dict())"


def check_names(kind: str, names: Iterable[str]) -> None:
    """The names in a state_dict are PyTorch's, and there are no others."""
    names = list(names)
    extra = sorted(str(name) for name in names if name not in WEIGHTS)
    needs(
        not extra,
        f"The state_dict of {kind} holds {few(extra)}, which torch.nn.{kind} does not know.",
    )
    missing = [name for name in WEIGHTS if name not in names]
    needs(not missing, f"The state_dict of {kind} lacks {', '.join(missing)}.")


def pair(reply, kind: str):
    """The reply as (outputs, state), the LSTM's state as a pair; fails with a message where it is something else."""
    return two(reply.value, kind)


def two(value, kind: str):
    """The same for what a call returned."""
    needs(
        isinstance(value, tuple | list) and len(value) == 2,
        f"A call of {kind} should return two things: outputs and the state. Yours returns {kind_of(value)}.",
    )
    outputs, state = value
    if kind == "LSTM":
        needs(
            isinstance(state, tuple | list) and len(state) == 2,
            "The LSTM's state should be the pair (h, c), each (N, H).",
        )
    return outputs, tuple(state) if kind == "LSTM" else state


def drawn_state(draw, kind: str, N: int, H: int, grad: bool = False):
    """A random state as in the contract."""
    h, c = draw(N, H).requires_grad_(grad), draw(N, H).requires_grad_(grad)
    return (h, c) if kind == "LSTM" else h


def flat(kind: str, state) -> list[Tensor]:
    return list(state) if kind == "LSTM" else [state]


def close_state(kind: str, got, want, which: str, **how) -> None:
    """The state after the call, tensor by tensor."""
    for letter, mine, right in zip("hc", flat(kind, got), flat(kind, want), strict=False):
        close(mine, right, f"{letter} of {which}", "N H", **how)


BOTH = """
def main(ns, layer, inputs, state):
    return [layer(x, *state)[0] for x in inputs]
"""


def carried(student, layer, x: Tensor, *state) -> Callable[[int], str]:
    """For `close`: whether the outputs from a step on depend on the earlier inputs (N, T, D) at all."""

    def later(t: int) -> str:
        other = x.clone()
        other[:, :t] += 1
        reply = student.run(BOTH, replay=False, layer=layer, inputs=[x, other], state=state)
        if reply.error or not all(isinstance(one, Tensor) and one.ndim == 3 for one in reply.value):
            return ""
        own, moved = (one[:, t:] for one in reply.value)
        if own.shape != moved.shape or not torch.equal(own, moved):
            return ""
        return f"From t = {t} on they do not depend on the inputs before it: the state is not carried from step to step."

    return later


def where(step: str, kind: str) -> str:
    """What a message adds when the step is not the usual one."""
    return (
        f" (with another {STEPS[kind]} in the notebook, which every step should call by name)"
        if step == "other"
        else ""
    )


# --- a new layer: first, since this tells most mistakes of the bank apart at once ------ ----------------------------


@part("q3", "forget-bias", 1)
@pytest.mark.parametrize("forget_bias", [1.0, 0.0, -2.5, 3, None])
def test_forget_bias(student, draw, forget_bias):
    """Rows H to 2H of both biases, for any number (also 0), and no other rows."""
    needs(student.has("LSTM"), "`LSTM` is not defined in the notebook.")
    seed, D, H = int(draw.integers(0, 10**6, 1)), 3, 5
    values = {"D": D, "H": H, "forget_bias": forget_bias, "seed": seed}
    both = both_facts(student, FORGET, shapes_of("LSTM", D, H), **values)
    for found in both:
        for name, own in (("bias_ih_l0", forget_bias), ("bias_hh_l0", 0.0)):
            for letter, block, plain in zip("ifgo", found[name], found[f"plain {name}"], strict=True):
                if letter == "f" and forget_bias is not None:
                    text = f"With forget_bias={forget_bias} the forget rows of {name} should all be {own:g}."
                    needs(block == float(own), text)
                else:
                    text = f"With forget_bias={forget_bias} the {letter} rows of {name} should keep their random values."
                    needs(block in ("drawn", plain), text)  # whether they are random at all: initial-weights
        needs(
            found["weights"] == "drawn",
            "The forget rows of a weight matrix are all the same number. forget_bias is for the biases; the weights stay random.",
        )
    needs(both[0]["trainable"], "All parameters of LSTM should be trainable (requires_grad).")


@part("q3", "initial-weights", 1)
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_initial_weights(student, draw, kind):
    """Every parameter is drawn from U(−1/√H, 1/√H); with 128 numbers or more, none of this fails by chance."""
    needs(student.has(kind), f"`{kind}` is not defined in the notebook.")
    seed = int(draw.integers(0, 10**6, 1))
    found = [
        facts
        for D, H in ((7, 48), (150, 36))
        for facts in both_facts(student, INITIAL, shapes_of(kind, D, H), kind=kind, D=D, H=H, seed=seed)
    ]
    for name in WEIGHTS:
        which = f"{name} of a new {kind}"
        for facts in (one[name] for one in found):
            needs(facts["drawn"], f"The numbers in {which} should be drawn independently; many are equal.")
            needs(facts["inside"], f"{which} has numbers outside −1/√H … 1/√H.")
            needs(facts["fills"], f"{which} does not fill the range from −1/√H to 1/√H.")
            needs(facts["centred"], f"The numbers in {which} should be centred on 0.")
            needs(facts["anew"], f"Two new {kind} layers have the same {name}; each should draw its own.")


# --- outputs ----------------------------------------------------------------------------------------------------


def check_outputs(student, draw, kind: str, N: int, T: int, D: int, H: int) -> None:
    """Without a state; then the same layer with other N and T, and in float32."""
    truth = Truth(kind, draw, D, H)
    layer = loaded(student, truth, D)
    first = draw(N, T, D)
    for x in (first, draw(N, T + 1, D), draw(N + 2, T + 3, D), first):
        outputs, _ = pair(layer(x), kind)
        later = carried(student, layer, x)
        close(outputs, truth(x)[0], Several(f"outputs of {kind}"), "N T H", dtype=torch.float64, later=later)

    truth = Truth(kind, draw, D, H, dtype=torch.float32)
    layer, x = loaded(student, truth, D), draw(N, T, D, dtype=torch.float32)
    outputs, _ = pair(layer(x), kind)
    want = truth(x.double())[0]
    close(outputs, want, Several(f"outputs of {kind} in float32"), "N T H", dtype=torch.float32)


@part("q3", "lstm-outputs", 1)
@each_size(SIZES)
def test_lstm_outputs(student, draw, size):
    check_outputs(student, draw, "LSTM", *size)


@part("q3", "gru-outputs", 1)
@each_size(SIZES)
def test_gru_outputs(student, draw, size):
    check_outputs(student, draw, "GRU", *size)


# --- the state ----------------------------------------------------------------------------------------------------


def check_state(student, draw, put_step, kind: str, step: str, N: int, T: int, D: int, H: int) -> None:
    """State in, state out; a sequence in two pieces gives the result of the whole; the caller's state is unchanged."""
    truth = Truth(kind, draw, D, H, step)
    put_step(truth)
    layer = loaded(student, truth, D)
    x, state = draw(N, T, D), drawn_state(draw, kind, N, H)
    want, want_state = truth(x, state)

    reply = layer(x, state)
    outputs, after = pair(reply, kind)
    close(
        outputs,
        want,
        Several(f"outputs of {kind} from a given state{where(step, kind)}"),
        "N T H",
        dtype=torch.float64,
        later=carried(student, layer, x, state),
    )
    close_state(kind, after, want_state, f"{kind}'s state after the last step", dtype=torch.float64)
    before = {"0": x} | ({"1.0": state[0], "1.1": state[1]} if kind == "LSTM" else {"1": state})
    unchanged(reply.after, before, {"0": "x", "1": "state", "1.0": "h of state", "1.1": "c of state"})

    x = torch.cat([x, draw(N, 2, D)], dim=1)
    want, want_state = truth(x, state)
    first, between = pair(layer(x[:, :T], state), kind)
    second, after = pair(layer(x[:, T:], between), kind)
    needs(isinstance(first, Tensor) and isinstance(second, Tensor), f"outputs of {kind} should be a tensor.")
    needs(first.ndim == 3 and second.ndim == 3, f"outputs of {kind} should have three axes, (N, T, H).")
    name = Several(
        f"outputs of {kind} for a sequence given in two pieces, the second with the state of the first,"
    )
    close(torch.cat([first, second], dim=1), want, name, "N T H")
    close_state(kind, after, want_state, f"{kind}'s state after the second piece", dtype=torch.float64)


@part("q3", "lstm-state", 1)
@pytest.mark.parametrize("step", ["usual", "other"])
@each_size(SIZES)
def test_lstm_state(student, draw, put_step, step, size):
    check_state(student, draw, put_step, "LSTM", step, *size)


@part("q3", "gru-state", 1)
@pytest.mark.parametrize("step", ["usual", "other"])
@each_size(SIZES)
def test_gru_state(student, draw, put_step, step, size):
    check_state(student, draw, put_step, "GRU", step, *size)


# --- gradients ----------------------------------------------------------------------------------------------------


def check_gradients(student, draw, put_step, kind: str, step: str, N: int, T: int, D: int, H: int) -> None:
    """Random gradients, different for outputs and state, sent back to x, the first state and all weights."""
    truth = Truth(kind, draw, D, H, step)
    put_step(truth)
    layer = loaded(student, truth, D)
    x = draw(N, T, D).requires_grad_()
    state = drawn_state(draw, kind, N, H, grad=True)
    up_outputs, up_state = draw(N, T, H), drawn_state(draw, kind, N, H)

    for weight in truth.weights.values():
        weight.requires_grad_()
    outputs, after = truth(x, state)
    leaves = {"0": x} | {f"param:{name}": weight for name, weight in truth.weights.items()}
    leaves |= {"1.0": state[0], "1.1": state[1]} if kind == "LSTM" else {"1": state}
    grads = torch.autograd.grad(
        [outputs, *flat(kind, after)], list(leaves.values()), [up_outputs, *flat(kind, up_state)]
    )
    reply = layer(x, state, upstream=(up_outputs, up_state))
    got, last = pair(reply, kind)
    if kind == "GRU" and isinstance(last, tuple | list) and len(last) == 1:
        # gru-state is lost by that; the gradients need not be, if they are sent back the way the state came.
        reply = layer(x, state, upstream=(up_outputs, [up_state]))
        got, (last,) = pair(reply, kind)
    later = carried(student, layer, x.detach(), state)
    close(got, outputs.detach(), Several(f"outputs of {kind}{where(step, kind)}"), "N T H", later=later)
    close_state(kind, last, after, f"{kind}'s state after the last step", atol=math.inf)  # its shape
    names = {"0": "x", "1": "the first h", "1.0": "the first h", "1.1": "the first c"}
    names |= {f"param:{name}": name for name in WEIGHTS}
    check_way_back(reply.grads.get("0"), grads[0])
    close_grads(reply.grads, dict(zip(leaves, grads, strict=True)), names)


def check_way_back(got: Tensor | None, want: Tensor) -> None:
    """The gradient of x (N, T, D): right only from some step on is what a cut graph looks like."""
    if not isinstance(got, Tensor) or got.shape != want.shape:
        return  # close_grads says it
    right = near_at(got, want, OF_GRADIENTS).all(dim=0).all(dim=-1).tolist()
    last = max((t for t, one in enumerate(right) if not one), default=-1)
    needs(
        last in (-1, len(right) - 1),
        f"The gradient of x is right from time step t = {last + 1} on and wrong at t = {last}, though the outputs are right: "
        "between the two, part of it is lost or changed on its way back through time (`.detach()`, `.data` or "
        "`no_grad` at every step, or at some?).",
    )


@part("q3", "lstm-gradients", 1)
@pytest.mark.parametrize("step", ["usual", "other"])
@each_size([*SIZES, LONG])
def test_lstm_gradients(student, draw, put_step, step, size):
    check_gradients(student, draw, put_step, "LSTM", step, *size)


@part("q3", "gru-gradients", 1)
@pytest.mark.parametrize("step", ["usual", "other"])
@each_size([*SIZES, LONG])
def test_gru_gradients(student, draw, put_step, step, size):
    check_gradients(student, draw, put_step, "GRU", step, *size)


# --- the notebook's own step --------------------------------------------------------------------------------------


def check_follows(student, draw, put_step, kind: str) -> None:
    """The layer was made before the step changed: it must look the name up at every call."""
    N, T, D, H = 2, 6, 3, 4
    truth = Truth(kind, draw, D, H, "other", dtype=torch.float32)
    layer = loaded(student, truth, D)
    put_step(truth)
    x = draw(N, T, D, dtype=torch.float32)
    outputs, _ = pair(layer(x), kind)
    close(outputs, truth(x.double())[0].float(), Several(f"outputs of {kind}{where('other', kind)}"), "N T H")


@part("q3", "lstm-calls-your-step", 1)
def test_lstm_follows_the_step(student, draw, put_step):
    check_follows(student, draw, put_step, "LSTM")


@part("q3", "gru-calls-your-step", 1)
def test_gru_follows_the_step(student, draw, put_step):
    check_follows(student, draw, put_step, "GRU")


# --- weights ------------------------------------------------------------------------------------------------------

FRESH = """
def main(ns, kind, D, H, x):
    layer = ns[kind](D, H).to(x.dtype)
    returned = layer(x)
    return {
        "state_dict": {name: tensor.clone() for name, tensor in layer.state_dict().items()},
        "parameters": [name for name, _ in layer.named_parameters()],
        "returned": returned,
    }
"""


def check_state_dict(student, draw, kind: str) -> None:
    """PyTorch's weights into the student's layer and back, and a fresh layer's weights into PyTorch's."""
    N, T, D, H = 2, 3, 5, 4
    needs(student.has(kind), f"`{kind}` is not defined in the notebook.")
    x = draw(N, T, D, dtype=torch.float32)
    fresh = student.run(FRESH, replay=False, kind=kind, D=D, H=H, x=x).value
    needs(
        sorted(fresh["parameters"]) == sorted(WEIGHTS),
        f"{kind} should have the parameters {', '.join(WEIGHTS)}, and no others; it has "
        f"{few(sorted(str(name) for name in fresh['parameters'] if isinstance(name, str)), KEYS_SHOWN) or 'none'}.",
    )
    truth = Truth(kind, draw, D, H, dtype=torch.float32)
    check_weights(kind, fresh["state_dict"], truth.weights)
    theirs = Truth(kind, draw, D, H)
    theirs.weights = fresh["state_dict"]
    name = Several(f"outputs of your new {kind}, compared with those of torch.nn.{kind} with its weights,")
    close(two(fresh["returned"], kind)[0], theirs(x.double())[0].float(), name, "N T H")

    layer = loaded(student, truth, D)
    back = layer.state_dict()
    check_weights(kind, back, truth.weights)
    for name, weight in truth.weights.items():
        exact = weight.double()  # nothing is computed, so no digit may be lost
        close(back[name], exact, f"{name} of {kind}, after it was loaded,", "? ?"[: 2 * weight.ndim - 1])
    want = truth(x.double())[0].float()
    close(pair(layer(x), kind)[0], want, Several(f"outputs of {kind} with loaded weights"), "N T H")


def check_weights(kind: str, got, want: dict[str, Tensor]) -> None:
    """Names and shapes are PyTorch's, and there are no others."""
    check_names(kind, got)
    for name, weight in want.items():
        shape = tuple(got[name].shape)
        needs(
            shape == tuple(weight.shape),
            f"{name} of {kind} has shape {shape}; expected {tuple(weight.shape)} for D = 5, H = 4.",
        )


@part("q3", "lstm-state-dict", 1)
def test_lstm_state_dict(student, draw):
    check_state_dict(student, draw, "LSTM")


@part("q3", "gru-state-dict", 1)
def test_gru_state_dict(student, draw):
    check_state_dict(student, draw, "GRU")
