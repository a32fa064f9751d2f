"""The trainings of the calibration, many seeds at once: the same batches, weights and steps as the student-style loop."""

from __future__ import annotations

from collections.abc import Callable

import torch
from reference import classifier, reverse_tests, store_tests, tasks, translator
from stacked import Params, advance, clip, embed, linear, project, run, stack
from torch import Tensor
from torch.nn.functional import cross_entropy

Scores = dict[int, dict[str, float]]  # seed → name of the score → score
Watch = Callable[[int, Params], None]


def _gather(batches: list, *names: str) -> list[Tensor]:
    return [torch.stack([getattr(batch, name) for batch in batches]) for name in names]


# --- q7: the last stored symbol ----------------------------------------------------------------------------------


def classify(kind: str, p: Params, tokens: Tensor, lengths: Tensor) -> Tensor:
    """tokens (M, N, T), lengths (M, N) → logits (M, N, K)."""
    outputs = run(kind, p, "recurrent", embed(p["embedding.weight"], tokens))
    last = (lengths - 1)[..., None, None].expand(-1, -1, 1, outputs.shape[-1])
    return linear(outputs.gather(2, last).squeeze(2), p["head.weight"], p["head.bias"])


def store(
    seeds: list[int],
    kind: str,
    n: int,
    hidden: int | None = None,
    rate: float | None = None,
    steps: int | None = None,
    task: tasks.StoreTask = tasks.STORE,
    watch: Watch | None = None,
) -> Scores:
    """Train one classifier a seed on the store task; their accuracies on every stratum."""
    recipe = tasks.STORE_RECIPE
    layer = kind.split("-")[0]
    hidden = hidden or recipe.hidden_size
    p = stack([dict(classifier(s, layer, hidden, recipe.forget_bias).named_parameters()) for s in seeds])
    optimizer = torch.optim.Adam(p.values(), lr=rate or recipe.learning_rate)
    streams = [tasks.generator(s, "train") for s in seeds]
    for step in range(1, (steps or recipe.steps) + 1):
        batches = [task.batch(recipe.batch_size, stream) for stream in streams]
        tokens, lengths, labels = _gather(batches, "tokens", "lengths", "labels")
        optimizer.zero_grad()
        logits = classify(kind, p, tokens, lengths)
        # The sum over the seeds of each seed's mean: no seed's gradient feels another's.
        losses = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
        losses.mean(1).sum().backward()
        clip(p, recipe.clip)
        optimizer.step()
        if watch is not None:
            watch(step, p)
    tests = [store_tests(s, n) for s in seeds]
    scores: Scores = {s: {} for s in seeds}
    for name in tasks.STRATA:
        for s, value in zip(seeds, accuracy(kind, p, [test[name] for test in tests]), strict=True):
            scores[s][name] = value
    return scores


@torch.no_grad()
def accuracy(kind: str, p: Params, batches: list[tasks.Batch]) -> list[float]:
    """Accuracy of every seed's model on its batch."""
    tokens, lengths, labels = _gather(batches, "tokens", "lengths", "labels")
    right = [
        classify(kind, p, *part[:2]).argmax(-1) == part[2]
        for part in zip(tokens.split(128, 1), lengths.split(128, 1), labels.split(128, 1), strict=True)
    ]
    return torch.cat(right, 1).double().mean(1).tolist()


# --- q11: reversed digits ----------------------------------------------------------------------------------------


def encode(p: Params, source: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """source (M, N, S), lengths (M, N) → the state (h, c) after the last valid token, each (M, N, H)."""
    pre = project("lstm", p, "encoder", embed(p["source_embedding.weight"], source))
    h = c = pre.new_zeros(*lengths.shape, p["encoder.weight_hh_l0"].shape[-1])
    for t, now in enumerate(pre.unbind(2)):
        new_h, new_c = advance("lstm", p, "encoder", now, h, c)
        valid = (t < lengths)[..., None]
        h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)
    return h, c


def decoder_start(mistake: str, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    if mistake == "state not handed over":
        return torch.zeros_like(state[0]), torch.zeros_like(state[1])
    return state


def decoder_inputs(mistake: str, targets: Tensor) -> Tensor:
    """What the decoder reads in training, (M, N, T)."""
    if mistake == "targets not shifted":
        return targets
    first = torch.full_like(targets[..., :1], tasks.REVERSE.BOS)
    if mistake == "no BOS":  # the first target stands in its place
        first = targets[..., :1]
    return torch.cat([first, targets[..., :-1]], -1)


def forward(p: Params, source: Tensor, lengths: Tensor, targets: Tensor, mistake: str) -> Tensor:
    state = decoder_start(mistake, encode(p, source, lengths))
    read = embed(p["target_embedding.weight"], decoder_inputs(mistake, targets))
    out = run("lstm", p, "decoder", read, state)  # (M, N, T, H)
    return linear(out.flatten(1, 2), p["head.weight"], p["head.bias"]).view(*targets.shape, -1)


def reverse(seeds: list[int], n: int, mistake: str = "", watch: Watch | None = None) -> Scores:
    """Train one encoder-decoder a seed; their exact match on every length, and the last training loss."""
    task, recipe = tasks.REVERSE, tasks.REVERSE_RECIPE
    p = stack([dict(translator(s).named_parameters()) for s in seeds])
    optimizer = torch.optim.Adam(p.values(), lr=recipe.learning_rate)
    streams = [tasks.generator(s, "train") for s in seeds]
    for step in range(recipe.steps):
        share = step / (recipe.steps - 1)
        rate = recipe.learning_rate + (recipe.last_rate - recipe.learning_rate) * share
        optimizer.param_groups[0]["lr"] = rate
        batches = [task.batch(recipe.batch_size, stream) for stream in streams]
        source, lengths, targets = _gather(batches, "source", "source_lengths", "targets")
        optimizer.zero_grad()
        logits = forward(p, source, lengths, targets, mistake)
        losses = cross_entropy(logits.flatten(0, 2), targets.flatten(), reduction="none").view(targets.shape)
        counted = targets != task.PAD if mistake != "padding in the loss" else torch.ones_like(targets).bool()
        loss = (losses * counted).sum((1, 2)) / counted.sum((1, 2))  # (M,)
        loss.sum().backward()
        clip(p, recipe.clip)
        optimizer.step()
        if watch is not None:
            watch(step + 1, p)
    tests = [reverse_tests(s, n) for s in seeds]
    scores: Scores = {s: {} for s in seeds}
    for name in tests[0]:
        for s, value in zip(seeds, exact(p, [test[name] for test in tests], mistake), strict=True):
            scores[s][name] = value
    for s, value in zip(seeds, loss.tolist(), strict=True):
        scores[s]["last loss"] = value
    return scores


@torch.no_grad()
def exact(p: Params, pairs: list[tasks.Pairs], mistake: str = "") -> list[float]:
    """Exact match of every seed's model on its pairs, decoded greedily from BOS."""
    task = tasks.REVERSE
    source, lengths, targets = _gather(pairs, "source", "source_lengths", "targets")
    h, c = decoder_start(mistake, encode(p, source, lengths))
    token, decoded = torch.full_like(lengths, task.BOS), []
    for _ in range(task.max_len):
        read = embed(p["target_embedding.weight"], token[..., None])
        h, c = advance("lstm", p, "decoder", project("lstm", p, "decoder", read).squeeze(2), h, c)
        token = linear(h, p["head.weight"], p["head.bias"]).argmax(-1)
        decoded.append(token)
    right = (torch.stack(decoded, -1) == targets) | (targets == task.PAD)
    return right.all(-1).double().mean(1).tolist()
