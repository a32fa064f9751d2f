"""Public check of q10: a model whose most likely tokens are written in a table."""

import torch
from torch import nn

from seqlab.checking import SEED, Check, Contract, Finding, describe, need, standins
from seqlab.checking.leads import SIZES

OK_FORMAT = False
name = "q10"
check = Check(name)

BOS, EOS, V = 8, 2, 10
OTHER_BOS = 6  # the model's own, which is not the one to start with
# What the model finds most likely after each step; a row a sequence. It has more to say after its end, another end too.
SCRIPT = torch.tensor(
    [[5, 3, 2, 7, 2, 7, 7, 7], [4, 4, 6, 3, 2, 9, 9, 9], [2, 8, 8, 8, 8, 8, 8, 8], [0, 6, 0, 2, 7, 7, 7, 7]]
)
LENGTHS = torch.tensor([4, 2, 3, 1])
OFF = 9  # what it says when it is not fed its own last token, or its source was not encoded as given

RUNS = [  # sequences, max_len, pad, the answer; if they are others: bos, eos, the first row, is it quiet before?
    ("all end within max_len", 3, 8, 0, [[5, 3, 2, 0, 0], [4, 4, 6, 3, 2], [2, 0, 0, 0, 0]]),
    ("max_len = 2 comes first", 2, 2, 0, [[5, 3], [4, 4]]),
    ("pad = 7", 3, 8, 7, [[5, 3, 2, 7, 7], [4, 4, 6, 3, 2], [2, 7, 7, 7, 7]]),
    (
        "a sequence says 0 before its end",
        4,
        6,
        0,
        [[5, 3, 2, 0, 0], [4, 4, 6, 3, 2], [2, 0, 0, 0, 0], [0, 6, 0, 2, 0]],
    ),
    ("one sequence", 1, 6, 0, [[5, 3, 2]]),
    ("one step", 3, 1, 0, [[5], [4], [2]]),
    ("no pad given", 2, 8, None, [[5, 3, 2, 0, 0], [4, 4, 6, 3, 2]]),
    ("bos = 3 and eos = 7", 2, 5, 1, [[5, 3, 2, 7, 1], [4, 4, 6, 3, 2]], 3, 7),
    ("a sequence alone that says 0 before its end", 1, 6, 0, [[0, 6, 0, 2]], BOS, EOS, 3),
    ("under torch.no_grad()", 2, 8, 0, [[5, 3, 2, 0, 0], [4, 4, 6, 3, 2]], BOS, EOS, 0, True),
]


LOGITS = " `model.step` returns logits (N, V), here ({N}, {V}), and the state. Along which axis is one token chosen for each sequence?"


class Seen:
    """How a model was used."""

    def __init__(self, limit, start):
        self.limit, self.start, self.steps, self.kept = limit, start, 0, False
        self.first = {}  # row -> the tokens read in the state of encode


def script_over(Seq2Seq, seen):
    """A Seq2Seq that follows the script.

    Its state says which row it reads, how far it is, whether it was used as it should be, and what it said last.
    """

    class Script(Seq2Seq):
        def encode(self, source, source_lengths, *more, **named):
            row = source[:, 0]
            sound = source_lengths == LENGTHS[row]
            said = torch.full_like(row, seen.start)
            h = torch.stack([row, torch.zeros_like(row), sound.long(), said], dim=1) * self.unit()  # (N, H)
            return h, torch.zeros_like(h)

        def step(self, token, state, *more, **named):
            h, c = state
            row, t, sound, said = h.detach().round().long().unbind(dim=1)
            one_token_each(token, len(row))
            seen.kept |= h.requires_grad and bool((t > 0).any())
            seen.steps = max(seen.steps, int(t.max()) + 1)
            if seen.steps > seen.limit + 3:
                raise Contract(
                    f"`greedy_decode` does not stop: it goes on after max_len = {seen.limit} steps."
                )
            for n in (t == 0).nonzero()[:, 0].tolist():
                seen.first.setdefault(int(row[n]), []).append(int(token[n]))
            sound = sound * (token == said)
            likely = torch.where(sound > 0, SCRIPT[row, t.clamp(max=7)], OFF)
            new = torch.stack([row, t + 1, sound, likely], dim=1)
            return nn.functional.one_hot(likely, V) * self.unit(), (h + (new - h.detach()), c)

        def forward(self, source, source_lengths, targets, forcing=1.0, *more, **named):
            said = SCRIPT[source[:, 0]][:, : targets.shape[1]]
            return nn.functional.one_hot(said, V) * self.unit()

        def unit(self):
            """1, with a graph behind it."""
            return 1 + 0 * self.head.bias.sum()

    return Script(max(V, 7), V, 3, 4, OTHER_BOS)


def one_token_each(token, N):
    """Raises Contract unless these tokens are what an embedding takes: whole numbers, one for each of N sequences."""
    if (
        not isinstance(token, torch.Tensor)
        or token.dtype not in (torch.int64, torch.int32)
        or token.shape != (N,)
    ):
        raise Contract(
            f"`greedy_decode`: `model.step` takes an int64 tensor of shape ({N},), one token for each sequence; it was given "
            f"{describe(token)}. In which line is this token made?"
        )


@check.calls
def calls(student):
    Seq2Seq = student.instead("Seq2Seq", standins.Seq2Seq)
    return [student.watch("greedy_decode", about, decoding(Seq2Seq, *run)) for about, *run in RUNS]


def decoding(Seq2Seq, N, max_len, pad, want, bos=BOS, eos=EOS, row=0, quiet=False):
    def decode(greedy_decode):
        rows = torch.arange(row, row + N)
        seen, source = Seen(max_len, bos), torch.stack([rows, rows + 3], dim=1)
        model, given = script_over(Seq2Seq, seen).train(), source.clone()
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        torch.default_generator.manual_seed(SEED)
        padding = {} if pad is None else {"pad": pad}
        with torch.set_grad_enabled(not quiet):
            tokens = greedy_decode(model, given, LENGTHS[rows], max_len, bos, eos, **padding)
        if not isinstance(tokens, torch.Tensor) or tokens.dtype != torch.int64 or tokens.dim() != 2:
            raise Contract(
                f"`greedy_decode` should return an int64 tensor (N, L), yours is {describe(tokens)}."
            )
        filled = torch.full((max(N, len(tokens)), max_len + 4), pad or 0)  # any L up to max_len is fine
        filled[: len(tokens), : min(tokens.shape[1], max_len + 4)] = tokens[:, : max_len + 4]
        return {
            "tokens": filled,
            "rows": len(tokens),
            "wide": tokens.shape[1] > max_len,
            "narrow": tokens.shape[1] < len(want[0]),
            "steps": seen.steps,
            "first": sorted({tokens[0] for tokens in seen.first.values()}),
            "again": any(len(tokens) > 1 for tokens in seen.first.values()),
            "kept": seen.kept or tokens.requires_grad,
            "frozen": not all(parameter.requires_grad for parameter in trained),
            "source": torch.equal(source, given),
        }

    return decode


@check.case("greedy_decode")
def greedy_decode(found):
    for call, (_, N, max_len, pad, want, *others) in zip(found, RUNS, strict=True):
        bos = others[0] if others else BOS
        if isinstance(call.error, RuntimeError | IndexError) and SIZES.search(str(call.error)):
            raise Finding(call, LOGITS.format(N=N, V=V))
        need(call, True)
        seen, L = call.value, len(want[0])
        need(call, seen["steps"] > 0, "model.step was not called.")
        need(
            call,
            seen["first"] == [bos],
            f"the first step should read bos = {bos}, it read {' and '.join(map(str, seen['first']))}.",
        )
        need(
            call,
            not seen["again"],
            "a later step starts again from the state of encode. Each should continue from the state that the previous one returned.",
        )
        need(call, seen["rows"] == N, f"the result has {seen['rows']} rows, the batch {N} sequences.")
        need(call, not seen["wide"], f"the result is longer than max_len = {max_len}.")
        right = torch.full((N, max_len + 4), pad or 0)
        right[:, :L] = torch.tensor(want)
        for n in range(N):
            got, row = seen["tokens"][n, :L].tolist(), right[n]
            sound = torch.equal(seen["tokens"][n], row)
            need(
                call, sound, f"sequence {n} should come out as {row[:L].tolist()}, yours is {got}{why(got)}."
            )
        need(call, seen["steps"] == L, f"{seen['steps']} steps were made; {L} are enough.")
        need(call, not seen["kept"], "the graph of the steps is kept; decoding needs no gradients.")
        need(call, not seen["frozen"], "the model's parameters no longer need gradients after the call.")
        need(call, seen["source"], "the source was changed.")


def why(got):
    return (
        f" (the model says {OFF} when it is not fed its own last token, or encoded with other lengths)"
        if OFF in got
        else ""
    )
