"""q2: one GRU step against torch.nn.GRUCell, in float64: the state, the gates and every gradient.

As in q1, GRUCell keeps its gates to itself and is switched off while the question is graded.
"""

import pytest
import torch
from torch import Tensor

from gatelab.testkit import close, close_grads, each_size, kind, needs, part, unchanged

NAMES = {"0": "x", "1": "h", "2": "w_ih", "3": "w_hh", "4": "b_ih", "5": "b_hh"}
INPUTS = ("0", "1")
WEIGHTS = ("2", "3", "4", "5")
SIZES = [(3, 4, 5), (5, 2, 3), (1, 6, 4)]  # N, D, H, pairwise different


def drawn(draw, N: int, D: int, H: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """x (N, D), h (N, H) and the four weights; all numbers differ, so no two gates are equal."""
    shapes = [(N, D), (N, H), (3 * H, D), (3 * H, H), (3 * H,), (3 * H,)]
    scales = [1.0, 1.0, 0.6, 0.6, 0.6, 0.6]
    return [draw(*shape, scale=scale, dtype=dtype) for shape, scale in zip(shapes, scales, strict=True)]


def of_both_signs(draw, N: int, D: int, H: int) -> list[Tensor]:
    """The same, with a candidate well below 0 in places and well above it in others: no relu is all zero by chance."""

    def good(inputs: list[Tensor]) -> bool:
        candidate = expected(*inputs)[-1]["n"]
        return bool(candidate.min() < -0.1) and bool(candidate.max() > 0.1)

    return draw.search(lambda: drawn(draw, N, D, H), good)


def expected(x: Tensor, h: Tensor, *weights: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """h from GRUCell, the gates from their equations (the reset gate acts after the matmul)."""
    cell = torch.nn.GRUCell(x.shape[1], h.shape[1], dtype=x.dtype)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    new_h = torch.func.functional_call(cell, dict(zip(names, weights, strict=True)), (x, h))
    w_ih, w_hh, b_ih, b_hh = weights
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r = (x_r + h_r).sigmoid()
    return new_h, {"r": r, "z": (x_z + h_z).sigmoid(), "n": (x_n + r * h_n).tanh()}


def two(reply) -> tuple:
    """The reply as (h, gates); fails with a message where it is something else."""
    value = reply.value
    needs(
        isinstance(value, tuple | list) and len(value) == 2,
        f"gru_step should return two things: h and the dict of gates. Yours returns {kind(value)}.",
    )
    return tuple(value)


def gate(reply, key: str):
    gates = two(reply)[1]
    needs(
        isinstance(gates, dict),
        'The second result should be a dict of the gates, with the keys "r", "z", "n".',
    )
    needs(key in gates, f'The dict of gates has no "{key}"; it should hold "r", "z" and "n".')
    return gates[key]


@part("q2", "new-hidden-state", 1)
@each_size(SIZES)
def test_hidden_state(student, draw, size):
    inputs = drawn(draw, *size)
    close(two(student.gru_step(*inputs))[0], expected(*inputs)[0], "the new h", "N H", dtype=torch.float64)


@part("q2", "state-follows-from-your-gates", 1)
@each_size(SIZES)
def test_state_follows_from_own_gates(student, draw, size):
    """Half the work: the blend applied to the student's own gates, right or wrong, unless these are made up."""
    N, D, H = size
    inputs = of_both_signs(draw, N, D, H)
    reply = student.gru_step(*inputs)
    gates = [gate(reply, key) for key in "rzn"]
    for key, own in zip("rzn", gates, strict=True):
        needs(
            isinstance(own, Tensor) and own.shape == (N, H),
            f'gates["{key}"] should be a tensor of shape (N, H).',
        )
    alike = min(
        float((a - b).abs().max()) for k, a in enumerate(gates) for b in [torch.zeros(()), *gates[:k]]
    )
    needs(alike > 1e-6, "Two of the returned gates are equal, or one is all zero.")
    _, z, n = gates
    close(two(reply)[0], (1 - z) * n + z * inputs[1], "the new h, worked out from your own gates,", "N H")


def check_gate(student, draw, key: str, N: int, D: int, H: int) -> None:
    inputs = drawn(draw, N, D, H)
    got = gate(student.gru_step(*inputs), key)
    close(got, expected(*inputs)[1][key], f'gates["{key}"]', "N H", dtype=torch.float64)


@part("q2", "reset-gate", 0.5)
@each_size(SIZES)
def test_reset_gate(student, draw, size):
    check_gate(student, draw, "r", *size)


@part("q2", "update-gate", 0.5)
@each_size(SIZES)
def test_update_gate(student, draw, size):
    check_gate(student, draw, "z", *size)


@part("q2", "candidate", 0.5)
@each_size(SIZES)
def test_candidate(student, draw, size):
    check_gate(student, draw, "n", *size)


def check_gradients(student, draw, N: int, D: int, H: int, of: tuple[str, ...], through_gates: bool) -> None:
    """Random gradients, different for every result, sent back to the arguments `of`."""
    inputs = [tensor.requires_grad_() for tensor in drawn(draw, N, D, H)]
    gates = {key: draw(N, H) for key in "rzn"}
    upstream = (draw(N, H), gates if through_gates else None)

    h, own = expected(*inputs)
    outputs, pushed = [h], [upstream[0]]
    if through_gates:
        outputs += [own[key] for key in gates]
        pushed += gates.values()
    want = dict(zip(NAMES, torch.autograd.grad(outputs, inputs, pushed), strict=True))

    reply = student.gru_step(*inputs, upstream=upstream)
    two(reply)
    if through_gates:
        for key in gates:
            gate(reply, key)
    close_grads(reply.grads, {path: want[path] for path in of}, NAMES)


@part("q2", "gradients-through-the-state", 1)
@each_size(SIZES)
def test_gradients_through_state(student, draw, size):
    check_gradients(student, draw, *size, INPUTS + WEIGHTS, through_gates=False)


@part("q2", "gradients-of-inputs", 1)
@each_size(SIZES)
def test_gradients_of_inputs(student, draw, size):
    check_gradients(student, draw, *size, INPUTS, through_gates=True)


@part("q2", "gradients-of-weights", 1)
@each_size(SIZES)
def test_gradients_of_weights(student, draw, size):
    check_gradients(student, draw, *size, WEIGHTS, through_gates=True)


@part("q2", "any-size-and-dtype", 1)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_one_after_the_other(student, draw, dtype):
    """Calls with different sizes in one process, sizes of 1 among them, and the first size again."""
    for N, D, H in [(2, 3, 4), (4, 1, 3), (3, 2, 1), (1, 1, 1), (6, 5, 2), (2, 3, 4)]:
        inputs = drawn(draw, N, D, H, dtype)
        h, gates = expected(*[tensor.double() for tensor in inputs])
        reply = student.gru_step(*inputs)
        sizes = f"for N = {N}, D = {D}, H = {H}"
        close(two(reply)[0], h, f"the new h {sizes}", "N H", dtype=dtype)
        for key, want in gates.items():
            close(gate(reply, key), want, f'gates["{key}"] {sizes}', "N H", dtype=dtype)


@part("q2", "arguments-left-alone", 0.5)
@each_size(SIZES)
def test_arguments_unchanged(student, draw, size):
    """Counts only where the new state is right: changing nothing is no work."""
    inputs = drawn(draw, *size)
    reply = student.gru_step(*inputs)
    told = "counts once the new h is right, and it is not yet:"
    close(two(reply)[0], expected(*inputs)[0], f"This check {told} the new h", "N H")
    unchanged(reply.after, dict(zip(NAMES, inputs, strict=True)), NAMES)
