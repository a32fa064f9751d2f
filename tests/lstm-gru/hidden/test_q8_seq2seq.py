"""q8: shifted targets, the encoder's last valid state, and the teacher-forcing loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from twins import TwinSeq2Seq, draw_weights, load_both, unsorted_lengths

from gatelab.testkit import Several, close, close_grads, near, near_at, needs, part, same, unchanged

VS, VT, E, H, BOS = 8, 11, 4, 6, 3  # source and target vocabulary, embedding, hidden: all different
NAME = "Seq2Seq"


class Pairs(NamedTuple):
    """One batch: source (N, S) with garbage behind the lengths (N,), targets (N, T)."""

    source: Tensor
    lengths: Tensor
    targets: Tensor


def make(student, draw, *batches: Pairs):
    """The student's model and its twin with equal weights, which say different tokens on these batches."""
    model = student.make(NAME, VS, VT, E, H, BOS)
    twin = TwinSeq2Seq(VS, VT, E, H, BOS).double()

    def drawn() -> dict[str, Tensor]:
        weights = draw_weights(twin, draw)
        # Some embeddings treat token 0 as padding (`padding_idx=0`), so it is never a real token here.
        weights["head.bias"][0] -= 30
        return weights

    weights = draw.search(drawn, partial(says_different_tokens, twin, batches))
    load_both(model, twin, weights, NAME)
    return model, twin


def says_different_tokens(twin: TwinSeq2Seq, batches: tuple[Pairs, ...], weights: dict[str, Tensor]) -> bool:
    """Whether the tokens read in free running differ between the sequences of a batch and between its steps.

    Where all are the same, code that reads the first sequence's token, or the first step's, is right by chance.
    """
    twin.load_state_dict(weights)
    with torch.no_grad():
        for source, lengths, targets in batches:
            read = twin.free(source, lengths, targets.shape[1] - 1).argmax(dim=-1)  # (N, T − 1)
            n, t = read.shape
            if n > 1 and (read != read[:1]).sum() < (n - 1) * t / 4:
                return False
            if t > 1 and (read != read[:, :1]).sum() < n * (t - 1) / 4:
                return False
    return True


def pairs(draw, n, s, t) -> Pairs:
    lengths = unsorted_lengths(draw, n, s)
    return Pairs(draw.integers(1, VS, n, s), lengths, draw.integers(1, VT, n, t))


# Calls that draw, with their own seed, so that they can be repeated on a known mistake.
SEEDED = """
def draws(forcing, **others):
    return 0 < forcing < 1


def main(ns, model, batch, forcing, seed, calls):
    torch.manual_seed(seed)
    return [model(*batch, forcing=forcing) for _ in range(calls)]
"""


def seeded(student, draw, model, batch: Pairs, forcing: float, calls: int = 1) -> list[Tensor]:
    """The logits of each call with this forcing ratio, (N, T, V)."""
    seed = int(draw.integers(0, 2**31, 1))
    values = {"model": model, "batch": tuple(batch), "forcing": forcing, "seed": seed, "calls": calls}
    return student.run(SEEDED, **values).value


def check_shape(logits: Tensor, batch: Pairs, forcing: float) -> None:
    """Fail unless it is a tensor (N, T, V) in the dtype of the weights, which the rest needs."""
    want = torch.zeros(*batch.targets.shape, VT)
    name = f"the result of your Seq2Seq with forcing = {forcing:g}"
    close(logits, want, name, "N T V", atol=math.inf, dtype=torch.float64)


SIZES = pytest.mark.parametrize(("n", "s", "t"), [(5, 7, 4), (1, 3, 6), (3, 1, 1)])


@part("q8", "shift-right", 1)
@pytest.mark.parametrize(("n", "t", "bos"), [(3, 5, 1), (2, 1, 7), (1, 4, 0)])
def test_shift_right_puts_bos_first_and_leaves_the_last_out(student, draw, n, t, bos):
    targets = draw.integers(8, 90, n, t)  # bos is none of them
    reply = student.shift_right(targets, bos)
    want = torch.cat([torch.full((n, 1), bos), targets[:, :-1]], dim=1)
    close(reply.value, want, "the result of shift_right", "N T", dtype=torch.int64)
    unchanged(reply.after, {"0": targets}, {"0": "targets"})


@part("q8", "encode", 3)
@SIZES
def test_encode_gives_the_state_after_the_last_valid_token(student, draw, n, s, t):
    model, twin = make(student, draw)
    source, lengths, _ = pairs(draw, n, s, t)
    reply = model.method("encode", source, lengths)
    h, c = twin.encode(source, lengths)
    close(reply[0], h, "h of encode", "N H")
    close(reply[1], c, "c of encode", "N H")
    padding = torch.arange(s) >= lengths.unsqueeze(1)
    other = torch.where(padding, source % (VS - 1) + 1, source)
    again = model.method("encode", other, lengths)
    needs(
        near(again[0], reply[0]) and near(again[1], reply[1]),
        "The state of encode changes when the tokens after `source_lengths` do: padding must not be read.",
    )


@part("q8", "step", 2)
@pytest.mark.parametrize("n", [4, 1])
def test_one_decoder_step(student, draw, n):
    model, twin = make(student, draw)
    token, state = draw.integers(1, VT, n), (draw(n, H), draw(n, H))
    same(model.attr("bos"), BOS, "bos of your Seq2Seq")
    reply = model.method("step", token, state)
    logits, (h, c) = twin.step(token, state)
    close(reply[0], logits, Several("the logits of step"), "N V")
    needs(
        isinstance(reply[1], tuple | list) and len(reply[1]) == 2,
        "step should return (logits, state) with state = (h, c).",
    )
    given = all(
        isinstance(mine, Tensor) and torch.equal(mine, was) for mine, was in zip(reply[1], state, strict=True)
    )
    needs(
        not given,
        "The state that step returns is the one it was given. It should return the decoder's new state, from "
        "which the next step continues.",
    )
    close(reply[1][0], h, "h of step", "N H")
    close(reply[1][1], c, "c of step", "N H")


@part("q8", "teacher-forcing", 3)
@SIZES
def test_with_full_forcing_every_true_token_is_read(student, draw, n, s, t):
    model, twin = make(student, draw)
    source, lengths, targets = pairs(draw, n, s, t)
    want = twin.forced(source, lengths, targets)
    reply = model(source, lengths, targets, forcing=1.0)
    default = model(source, lengths, targets).value
    model.method("eval")
    evaluated = model(source, lengths, targets, forcing=1.0).value
    close_logits(student, draw, model, twin, Pairs(source, lengths, targets), reply.value, want, 1.0)
    for other, message in (
        (default, "Without `forcing` the result is not that of forcing = 1.0, which is the default."),
        (
            evaluated,
            "With forcing = 1 the result changes after model.eval(): `forcing` alone decides what is read.",
        ),
    ):
        close(other, torch.zeros(n, t, VT), "the result of your Seq2Seq", "N T V", atol=math.inf)  # its shape
        needs(near(other, reply.value), message)
    unchanged(
        reply.after,
        {"0": source, "1": lengths, "2": targets},
        {"0": "source", "1": "source_lengths", "2": "targets"},
    )


def differs(logits, first: Tensor) -> Tensor:
    """At which steps (T,) the logits (N, T, V) of a call are not those of the first one."""
    return ~near_at(logits, first).all(dim=0).all(dim=-1)


@part("q8", "causality", 2)
def test_the_decoder_has_seen_earlier_targets_only(student, draw):
    model, twin = make(student, draw)
    source, lengths, targets = pairs(draw, 3, 4, 6)
    first = model(source, lengths, targets, forcing=1.0).value
    close(first, torch.zeros(3, 6, VT), "the result of your Seq2Seq", "N T V", atol=math.inf)  # its shape
    for t in range(6):
        other = targets.clone()
        other[:, t] = other[:, t] % (VT - 1) + 1  # another token, and not 0
        moved = differs(model(source, lengths, other, forcing=1.0).value, first)  # (T,)
        needs(
            not moved[: t + 1].any(),
            f"The logits at step {int(moved.nonzero()[0]) if moved.any() else 0} change with the target of step {t}: "
            "the decoder must not see the token it has to predict, or a later one.",
        )
        needs(
            t == 5 or bool(moved[t + 1]),
            f"The logits at step {t + 1} do not change with the target of step {t}, "
            "which the decoder should have read just before.",
        )
    load_both(model, twin, draw_weights(twin, draw), NAME)
    changed = differs(model(source, lengths, targets, forcing=1.0).value, first)  # (T,)
    needs(changed.all(), "The logits stay the same when the model gets other weights.")


@part("q8", "free-running", 2)
@pytest.mark.parametrize(("n", "s", "t"), [(6, 5, 9), (1, 3, 4)])
def test_without_forcing_the_decoder_reads_its_own_tokens(student, draw, n, s, t):
    batch = pairs(draw, n, s, t)
    model, twin = make(student, draw, batch)
    moved = batch._replace(targets=batch.targets % (VT - 1) + 1)
    first, other = (seeded(student, draw, model, one, 0.0)[0] for one in (batch, moved))
    check_shape(first, batch, 0.0)
    needs(
        near(other, first),
        "With forcing = 0 the logits change with the targets, which the decoder should not read then.",
    )
    close_logits(student, draw, model, twin, batch, first, twin.free(batch.source, batch.lengths, t), 0.0)


# The parts of forward, each by itself, to find which one makes logits that no token explains.
PARTS = """
def main(ns, model, inputs, token, state):
    return {"encode": model.encode(*inputs), "step": model.step(token, state)}
"""


def blame(student, draw, model, twin, batch: Pairs) -> str:
    """A sentence where `encode` or `step` is wrong by itself; "" where both are right, or cannot be called."""
    n = len(batch.source)
    token, state = draw.integers(1, VT, n), (draw(n, H), draw(n, H))
    values = {"inputs": (batch.source, batch.lengths), "token": token, "state": state}
    reply = student.run(PARTS, replay=False, model=model, **values)
    if reply.error:
        return ""
    want = {"encode": twin.encode(batch.source, batch.lengths), "step": twin.step(token, state)}
    wrong = next((name for name in want if not equal(reply[name], want[name])), "")
    return wrong and (f"Your `{wrong}` alone returns wrong numbers: look at `{wrong}` first.")


def close_logits(student, draw, model, twin, batch: Pairs, got, want: Tensor, forcing: float) -> None:
    """The logits (N, T, V) of a whole forward; if they are wrong because of one method, the message names it."""
    try:
        close(
            got, want, f"the result of your Seq2Seq with forcing = {forcing:g}", "N T V", dtype=torch.float64
        )
    except AssertionError as error:
        raise AssertionError(f"{error} {blame(student, draw, model, twin, batch)}".rstrip()) from None


def equal(got, want) -> bool:
    """Nested tuples of tensors, number by number."""
    if isinstance(want, Tensor):
        return near(got, want)
    return isinstance(got, tuple | list) and len(got) == len(want) and all(map(equal, got, want))


def odd_step(twin, start: tuple, state: tuple, tokens: tuple, got: Tensor, step: int) -> str:
    """A sentence about a step whose logits (V,) are those of neither of `tokens`; start and state are one row's."""
    true, own = tokens

    def fits(token: int, state: tuple) -> bool:
        return near(got, twin.step(torch.tensor([token]), state)[0][0])

    named = f"the true token of step {step - 1} ({true}) or its own most likely one ({own})"
    if other := [token for token in range(VT) if fits(token, state)]:
        return f"At step {step} the decoder should read {named}; it read {other[0]}."
    kept = [token for token in (true, own) if fits(token, start)]
    if kept:
        return (
            f"At step {step} the decoder read the right token in the state of encode. It should continue from the state "
            f"that step {step - 1} returned."
        )
    return (
        f"The logits of step {step} are not those of {named}, read in the state that step {step - 1} returned: "
        "was another token read, or another state passed on, or are these not the logits that `step` returns?"
    )


def forced_steps(twin, batch: Pairs, logits: Tensor, wrong: Callable[[], str]) -> tuple[Tensor, Tensor]:
    """Which token was read at the steps 1 … T − 1, found from the logits.

    Both tokens that may be read at a step are tried on the twin; the one that gives the student's logits was
    read. Returns `forced` (N, T − 1), true where it was the true token, and `clear`, true where the two differ.
    `wrong` names a method that is wrong by itself; it is called where neither token gives the logits.
    """
    n, t = batch.targets.shape
    state, forced, clear = twin.encode(batch.source, batch.lengths), [], []
    token, start = torch.full((n,), twin.bos), state
    for step in range(t):
        if step > 0:
            true, own = batch.targets[:, step - 1], logits[:, step - 1].argmax(dim=-1)
            tried = [twin.step(token, state)[0] for token in (true, own)]
            is_true, is_own = (near_at(logits[:, step], want).all(dim=-1) for want in tried)
            for row in (~(is_true | is_own)).nonzero().flatten().tolist()[:1]:
                alone = [tuple(part[row : row + 1] for part in pair) for pair in (start, state)]
                read = int(true[row]), int(own[row])
                raise AssertionError(wrong() or odd_step(twin, *alone, read, logits[row, step], step))
            forced.append(is_true)
            clear.append(true != own)
            token = torch.where(is_true, true, own)
        want, state = twin.step(token, state)
        if step == 0 and not near(logits[:, 0], want):
            text = "The logits of step 0 are not those that `step` returns for `bos` in the state of encode."
            raise AssertionError(wrong() or text)
    return torch.stack(forced, dim=1), torch.stack(clear, dim=1)


@part("q8", "ratio", 1)
@pytest.mark.parametrize("forcing", [0.3, 0.75])
def test_the_forcing_ratio_is_drawn_for_every_sequence_and_step(student, draw, forcing):
    batch, few = pairs(draw, 40, 4, 26), pairs(draw, 3, 2, 4)
    model, twin = make(student, draw, batch, few)
    # All calls first: known mistakes are told apart by the results of all of them.
    (logits,) = seeded(student, draw, model, batch, forcing)
    again = seeded(student, draw, model, few, 0.5, calls=24)
    check_shape(logits, batch, forcing)
    for one in again:
        check_shape(one, few, 0.5)
    with torch.no_grad():
        wrong = partial(blame, student, draw, model, twin, batch)
        forced, clear = forced_steps(twin, batch, logits, wrong)
        small = [forced_steps(twin, few, one, wrong) for one in again]
    mixed_step = (forced & clear).any(0) & (~forced & clear).any(0)  # (T − 1,)
    mixed_row = (forced & clear).any(1) & (~forced & clear).any(1)  # (N,)
    share, count = float(forced[clear].double().mean()), int(clear.sum())
    # Six standard deviations: a correct solution misses this about twice in a thousand million runs.
    right = abs(share - forcing) < 6 * math.sqrt(forcing * (1 - forcing) / count)
    told = f"With forcing = {forcing} the true token was read in {share:.2f} of the steps."
    needs(
        right or not (mixed_row.any() and mixed_step.any()), told
    )  # else one of the next two says why the share is wrong
    needs(
        mixed_row.double().mean() > 0.5,
        "A sequence reads its true tokens at all steps or at none: draw again for every step.",
    )
    needs(
        mixed_step.double().mean() > 0.5,
        "At each step all sequences read the same kind of token: draw for each sequence separately.",
    )
    needs(right, told)
    both = torch.stack([clear for _, clear in small]).all(dim=0)
    needs(
        len({tuple(forced[both].tolist()) for forced, _ in small}) > 1,
        "Every call forces the same tokens: the draw must be new in every call.",
    )


GRADIENTS = """
def main(ns, model, batch, forcing, upstream, seed):
    torch.manual_seed(seed)
    logits = model(*batch, forcing=forcing)
    if logits.requires_grad and logits.shape == upstream.shape:
        logits.backward(upstream)
    return logits, {f"param:{name}": p.grad for name, p in model.named_parameters(remove_duplicate=False)}
"""


@part("q8", "gradients", 2)
@pytest.mark.parametrize("forcing", [1.0, 0.0])
def test_gradients_reach_every_weight_but_not_through_the_choice_of_a_token(student, draw, forcing):
    batch, upstream = pairs(draw, 4, 6, 5), draw(4, 5, VT)
    model, twin = make(student, draw, batch)
    want = twin.forced(*batch) if forcing else twin.free(batch.source, batch.lengths, 5)
    values = {"model": model, "batch": tuple(batch), "forcing": forcing, "upstream": upstream}
    logits, grads = student.run(GRADIENTS, **values, seed=int(draw.integers(0, 2**31, 1))).value
    close_logits(student, draw, model, twin, batch, logits, want.detach(), forcing)
    want.backward(upstream)
    keys = [key for key, _ in twin.named_parameters()]
    expected = {f"param:{key}": value.grad for key, value in twin.named_parameters()}
    close_grads(grads, expected, {f"param:{key}": key for key in keys})
