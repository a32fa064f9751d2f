"""q10: greedy decoding, which feeds a model its own tokens until it should stop."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import standins
import torch
from torch import Tensor
from twins import TwinSeq2Seq, after_eos, draw_weights, load_both, unsorted_lengths

from gatelab.testkit import kept, kind, needs, part

VS, VT, E, H = 8, 7, 4, 6  # source and target vocabulary, embedding, hidden
BOS, EOS = 3, 2
# In the lab's task bos, eos and pad are 1, 2 and 0. No function may rely on that, so some checks use others.

# Decoding with a model that says the tokens of a script, and how the model was used.
SCRIPTED = (
    standins.TEXT
    + """

def main(ns, script, max_len, bos, eos, pad, quiet=False):
    n = len(script)
    model, seen = scripted(ns, script, bos, max_len)
    before_it = not quiet
    model.train()
    before = [p for p in model.parameters() if p.requires_grad]
    source = torch.stack([torch.arange(n), torch.full((n,), 3)], dim=1)
    torch.manual_seed(0)  # a decoding that draws gets the same numbers whatever the model drew for its weights
    try:
        more = {"pad": pad} if pad is not None else {}
        with torch.set_grad_enabled(before_it):
            tokens = ns["greedy_decode"](model, source, torch.full((n,), 2), max_len, bos, eos, **more)
            recorded = torch.is_grad_enabled()
    except Runaway:
        tokens, recorded = None, before_it
    return {
        "tokens": tokens,
        "recorded": recorded,
        "furthest": seen["furthest"],
        "graph_kept": seen["graph_kept"],
        "frozen": not all(p.requires_grad for p in before),
    }
"""
)


def scripted(
    student, script: list[list[int]], max_len: int, pad: int | None = None, eos: int = EOS, **more: Any
) -> dict[str, Any]:
    """What `greedy_decode` returns for a model that says `script`."""
    values = {"max_len": max_len, "bos": BOS, "eos": eos, "pad": pad, **more}
    result = student.run(SCRIPTED, script=torch.tensor(script), **values).value
    needs(
        result["tokens"] is not None,
        f"greedy_decode never stops: it went on after max_len = {max_len} steps.",
    )
    return result


def check_tokens(got: Any, n: int, max_len: int) -> Tensor:
    """Tokens (N, L), L ≤ max_len."""
    needs(isinstance(got, Tensor), f"greedy_decode should return a tensor (N, L); yours returns {kind(got)}.")
    needs(got.dtype == torch.int64, f"greedy_decode returns {got.dtype}; tokens are torch.int64.")
    needs(
        got.ndim == 2 and len(got) == n and got.shape[1] <= max_len,
        f"greedy_decode returned the shape {tuple(got.shape)} for N = {n} and max_len = {max_len}; "
        "expected (N, L) with L ≤ max_len.",
    )
    return got


def up_to_eos(tokens: Tensor, width: int, eos: int, pad: int = 0) -> Tensor:
    """Everything after the first `eos` replaced by padding, at the given width, as rows are compared."""
    tokens = after_eos(tokens, eos, pad)
    return torch.nn.functional.pad(tokens, (0, width - tokens.shape[1]), value=pad)


def models(
    student, draw, n: int, max_len: int, bos: int, eos: int, pad: int
) -> tuple[Any, tuple[Tensor, Tensor], Tensor]:
    """A Seq2Seq whose sequences end at different times, its inputs, and the tokens it says after `bos`.

    Its own `bos` is another token: the one passed to greedy_decode counts. Of several sequences, one says `pad` and
    continues.
    """
    twin = TwinSeq2Seq(VS, VT, E, H, bos).double()
    inputs: list[Tensor] = []
    count = itertools.count()

    def drawn() -> tuple[dict[str, Tensor], list[Tensor]]:
        if next(count) % 200 == 0:  # for some inputs hardly any model makes good sequences
            inputs[:] = draw.integers(0, VS, n, 5), unsorted_lengths(draw, n, 5)
        return draw_weights(twin, draw, scale=1.2), list(inputs)

    def says(first: int, inputs: list[Tensor]) -> Tensor:
        twin.bos = first
        with torch.no_grad():
            return twin.free(*inputs, max_len).argmax(dim=-1)

    def good(made: tuple[dict[str, Tensor], list[Tensor]]) -> bool:
        weights, inputs = made
        twin.load_state_dict(weights)
        tokens = says(bos, inputs)
        rows = tokens.tolist()
        ends = [row.index(eos) if eos in row else max_len for row in rows]
        if n > 1:
            differ = len(set(ends)) > 2 and 0 < min(ends) < max_len - 2 and max(ends) >= max_len - 2
            on = (
                set(row[row.index(pad) : end]) != {pad}
                for row, end in zip(rows, ends, strict=True)
                if pad in row[:end]
            )
            if not differ or not any(on):
                return False
        # Steps at which all say `pad` have their own part (after-eos).
        if bool((after_eos(tokens, eos, pad)[:, : max(ends)] == pad).all(dim=0).any()):
            return False
        return not torch.equal(tokens, says(bos - 1, inputs))

    weights, (source, lengths) = draw.search(drawn, good)
    twin.load_state_dict(weights)
    tokens = says(bos, [source, lengths])
    model = student.make("Seq2Seq", VS, VT, E, H, bos - 1)
    load_both(model, twin, weights, "Seq2Seq")
    return model, (source, lengths), tokens


# With its own seed, so that a decoding that draws can be repeated on a known mistake.
DECODE = """
class Runaway(BaseException):
    pass


def main(ns, seed, model, inputs, max_len, **arguments):
    torch.manual_seed(seed)
    step, left = model.step, [len(inputs[0]) * (max_len + 3)]  # row by row is also right

    def counted(token, state, *more, **named):
        left[0] -= 1
        if left[0] < 0:
            raise Runaway
        return step(token, state, *more, **named)

    model.step = counted
    try:
        return ns["greedy_decode"](model, *inputs, max_len=max_len, **arguments)
    except Runaway:
        return None
"""


@part("q10", "greedy", 3)
@pytest.mark.parametrize(
    ("n", "max_len", "bos", "eos", "pad"),
    [(12, 9, 3, 2, None), (1, 5, 5, 4, 6), (6, 20, 2, 1, 0), (12, 9, 6, 5, 3)],
)
def test_each_token_is_the_most_likely_one_given_those_before(student, draw, n, max_len, bos, eos, pad):
    model, (source, lengths), want = models(student, draw, n, max_len, bos, eos, pad or 0)
    values = {
        "model": model,
        "inputs": (source, lengths),
        "max_len": max_len,
        "bos": bos,
        "eos": eos,
    } | ({} if pad is None else {"pad": pad})
    got = student.run(DECODE, seed=int(draw.integers(0, 2**31, 1)), **values).value
    needs(got is not None, f"greedy_decode never stops: it went on after max_len = {max_len} steps.")
    check_tokens(got, n, max_len)
    got, want = (up_to_eos(tokens, max_len, eos) for tokens in (got, want))
    wrong = (got != want).any(dim=0)
    needs(
        not wrong.any(),
        f"The tokens are not the most likely ones for a model that reads its own tokens: {int((got != want).any(1).sum())} "
        f"of {n} sequences differ, first at step {int(wrong.nonzero()[0]) if wrong.any() else 0}.",
    )


@part("q10", "stop", 2)
@pytest.mark.parametrize(
    ("script", "needed"),
    [
        ([[5, 4, EOS, 3, 3], [EOS, 6, 6, 6, 6], [7, 3, 4, 4, EOS]], 5),
        ([[EOS, 4, 4, EOS], [EOS, 4, 5, 5]], 1),
        ([[4, 5, EOS, 5, 5, 5]], 3),
    ],
)
def test_stops_when_all_sequences_have_ended(student, script, needed):
    made = scripted(student, script, max_len=12)["furthest"]
    needs(
        made <= needed,
        f"All sequences had produced eos after {needed} steps, but {made} steps were made.",
    )
    needs(
        made == needed,
        f"Only {made} {'step was' if made == 1 else 'steps were'} made, but a sequence had not produced eos before step {needed}.",
    )


@part("q10", "max-len", 1)
@pytest.mark.parametrize("max_len", [6, 1])
def test_makes_at_most_max_len_steps(student, max_len):
    script = [[3, 4, 5, 6, 7, 3, 4, 5], [7, 7, 6, 6, 5, 5, 4, 4], [5, EOS, 5, 5, 5, 5, 5, 5]]
    result = scripted(student, script, max_len)
    tokens = check_tokens(result["tokens"], 3, max_len)
    needs(result["furthest"] <= max_len, f"{result['furthest']} steps were made; max_len is {max_len}.")
    needs(
        tokens.shape[1] == max_len,
        f"Two sequences never produce eos, so all their {max_len} tokens are expected; yours stop after {tokens.shape[1]}.",
    )
    for row, said in zip(tokens.tolist(), script[:-1], strict=False):
        needs(
            row == said[:max_len],
            f"A sequence that says {said[:max_len]} in its {max_len} steps, without eos, came back as {row}.",
        )


@part("q10", "after-eos", 1)
@pytest.mark.parametrize(("eos", "pad"), [(EOS, None), (EOS, 8), (8, 2), (1, 3)])
def test_the_first_eos_is_kept_and_the_rest_is_padding(student, eos, pad):
    script = [[5, eos, 4, eos, 7, 0], [0, 4, 5, 6, eos, 7], [eos, eos, 6, 6, 6, 6], [5, EOS, 4, eos, 6, 6]]
    tokens = check_tokens(scripted(student, script, max_len=9, pad=pad, eos=eos)["tokens"], 4, 9)
    for row, said in zip(tokens.tolist(), script, strict=True):
        end = said.index(eos)
        needs(
            row[: end + 1] == said[: end + 1],
            f"A sequence that said {said[: end + 1]} (eos = {eos}) came back as {row[: end + 1]}.",
        )
        needs(
            all(token == (pad or 0) for token in row[end + 1 :]),
            f"After its first eos a sequence should hold pad = {pad or 0} only; it holds {row[end + 1 :]}.",
        )
    # All sequences of a batch may say the token `pad` at one step; it is not padding then.
    said = [4, pad or 0, 5, eos]
    alone = check_tokens(scripted(student, [said], max_len=6, pad=pad, eos=eos)["tokens"], 1, 6).tolist()[0]
    needs(
        alone[: len(said)] == said, f"A sequence alone that said {said} (eos = {eos}) came back as {alone}."
    )


@part("q10", "no-gradients", 1)
def test_no_gradients_are_kept(student):
    result = scripted(student, [[5, 4, 6, EOS], [3, 3, EOS, 4]], max_len=6)
    check_tokens(result["tokens"], 2, 6)
    needs(result["furthest"] > 1, "greedy_decode did not take the model step by step.")
    needs(
        not result["graph_kept"],
        "The state passed from step to step requires a gradient: the graph of the whole decoding is kept.",
    )
    kept(not result["frozen"], "After decoding, a parameter of the model no longer requires a gradient.")
    # Code that turns recording on, instead of restoring what was set, shows where it was off. (`model.train()` at the end, which
    # every course teaches, costs nothing where the model was in eval mode before.)
    result = scripted(student, [[5, 4, 6, EOS], [3, 3, EOS, 4]], max_len=6, quiet=True)
    check_tokens(result["tokens"], 2, 6)
    kept(
        not result["recorded"],
        "No gradients were recorded before decoding (`with torch.no_grad():`), and afterwards they are: "
        "`torch.set_grad_enabled(True)` does not restore the earlier setting.",
    )
