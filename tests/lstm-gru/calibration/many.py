"""The trainings of the calibration, many seeds at once: the same batches, weights and steps as the student-style loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from reference import classifier, reverse_tests, store_tests, tasks, translator
from stacked import Params, advance, clip, embed, linear, project, run, stack
from torch import Tensor
from torch.nn.functional import cross_entropy

Scores = dict[int, dict[str, float]]  # seed → name of the score → score
Watch = Callable[[int, Params], object]  # called after every step; something true ends the training
Hear = Callable[[int, Tensor], object]  # called with every step's losses, one a seed


def _gather(batches: list, *names: str) -> list[Tensor]:
    return [torch.stack([getattr(batch, name) for batch in batches]) for name in names]


# --- q7: the last stored symbol ----------------------------------------------------------------------------------


def classify(kind: str, p: Params, tokens: Tensor, lengths: Tensor) -> Tensor:
    """tokens (M, N, T), lengths (M, N) → logits (M, N, K)."""
    order = lengths.argsort(1, descending=True)
    lengths, tokens = lengths.gather(1, order), tokens.gather(1, order[..., None].expand_as(tokens))
    x = embed(p["embedding.weight"], tokens)
    outputs = run(kind, p, "recurrent", x, active=needed(lengths, tokens.shape[2]))
    last = (lengths - 1)[..., None, None].expand(-1, -1, 1, outputs.shape[-1])
    logits = linear(outputs.gather(2, last).squeeze(2), p["head.weight"], p["head.bias"])
    return logits.gather(1, order.argsort(1)[..., None].expand_as(logits))


def needed(lengths: Tensor, steps: int) -> list[int]:
    """For every step, how many rows any seed still needs; lengths (M, N) fall along each row."""
    return [int((lengths > t).sum(1).max()) for t in range(steps)]


def store(
    seeds: list[int],
    kind: str,
    n: int,
    hidden: int | None = None,
    rate: float | None = None,
    steps: int | None = None,
    constant: bool = False,
    task: tasks.StoreTask = tasks.STORE,
    recipe: tasks.Recipe | None = None,
    watch: Watch | None = None,
    hear: Hear | None = None,
) -> Scores:
    """Train one classifier a seed on the store task; their accuracies on every stratum (none where n is 0)."""
    recipe = recipe or tasks.STORE_RECIPE
    if rate is not None:  # the last rate keeps its proportion
        recipe = replace(recipe, learning_rate=rate, last_rate=recipe.last_rate * rate / recipe.learning_rate)
    if constant:
        recipe = replace(recipe, last_rate=None)
    steps = steps or recipe.steps
    layer = kind.split("-")[0]
    hidden = hidden or recipe.hidden_size
    p = stack([dict(classifier(s, layer, hidden, recipe.forget_bias).named_parameters()) for s in seeds])
    optimizer = torch.optim.Adam(p.values(), lr=recipe.learning_rate)
    streams = [tasks.generator(s, "train") for s in seeds]
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = recipe.rate(step - 1, steps)
        batches = [task.batch(recipe.batch_size, stream) for stream in streams]
        tokens, lengths, labels = _gather(batches, "tokens", "lengths", "labels")
        optimizer.zero_grad()
        logits = classify(kind, p, tokens, lengths)
        # The sum over the seeds of each seed's mean: no seed's gradient feels another's.
        losses = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
        losses.mean(1).sum().backward()
        clip(p, recipe.clip)
        optimizer.step()
        if hear is not None:
            hear(step, losses.detach().mean(1))
        if watch is not None and watch(step, p):
            break
    if n == 0:  # the watcher has looked
        return {}
    tests = [store_tests(s, n, task) for s in seeds]
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


def horizon(seeds: list[int], kind: str, T: int, most: int, rate: float | None = None) -> Scores:
    """Steps until every stratum of the task of length T first reaches 0.95, measured every 25 steps; nan: not within `most`."""
    task = tasks.StoreTask(T=T, shortest=min(T, tasks.STORE.shortest))
    tests = [store_tests(s, 128, task) for s in seeds]
    first = dict.fromkeys(seeds, float("nan"))

    def watch(step: int, p: Params) -> bool:
        if step % 25 == 0:
            found = [accuracy(kind, p, [test[name] for test in tests]) for name in tasks.STRATA]
            for s, worst in zip(seeds, map(min, zip(*found, strict=True)), strict=True):
                if worst >= 0.95 and first[s] != first[s]:  # nan: not yet
                    first[s] = step
        return all(steps == steps for steps in first.values())

    store(seeds, kind, n=1, rate=rate, steps=most, constant=True, task=task, watch=watch)
    return {s: {"T": T, "steps": steps} for s, steps in first.items()}


# --- q11: reversed digits ----------------------------------------------------------------------------------------


def encode(p: Params, source: Tensor, lengths: Tensor, longest_first: bool = False) -> tuple[Tensor, Tensor]:
    """source (M, N, S), lengths (M, N) → the state (h, c) after the last valid token, each (M, N, H)."""
    pre = project("lstm", p, "encoder", embed(p["source_embedding.weight"], source))
    h = c = pre.new_zeros(*lengths.shape, p["encoder.weight_hh_l0"].shape[-1])
    counts = needed(lengths, source.shape[2]) if longest_first else [lengths.shape[1]] * source.shape[2]
    for t, (now, n) in enumerate(zip(pre.unbind(2), counts, strict=True)):
        if n == 0:
            break
        new_h, new_c = advance("lstm", p, "encoder", now[:, :n], h[:, :n], c[:, :n])
        valid = (t < lengths[:, :n])[..., None]
        h = torch.cat([torch.where(valid, new_h, h[:, :n]), h[:, n:]], 1)
        c = torch.cat([torch.where(valid, new_c, c[:, :n]), c[:, n:]], 1)
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
    if mistake == "no BOS":  # the first target takes its place
        first = targets[..., :1]
    return torch.cat([first, targets[..., :-1]], -1)


def forward(p: Params, source: Tensor, lengths: Tensor, targets: Tensor, mistake: str) -> Tensor:
    """Forced logits (M, N, T, V); the sequences must be sorted, longest first."""
    state = decoder_start(mistake, encode(p, source, lengths, longest_first=True))
    read = embed(p["target_embedding.weight"], decoder_inputs(mistake, targets))
    # An EOS follows the digits; only a loss that counts the padding needs the steps after it.
    active = None if mistake == "padding in the loss" else needed(lengths + 1, targets.shape[2])
    out = run("lstm", p, "decoder", read, state, active, block=1)  # (M, N, T, H)
    return linear(out.flatten(1, 2), p["head.weight"], p["head.bias"]).view(*targets.shape, -1)


def reverse(
    seeds: list[int],
    n: int,
    mistake: str = "",
    task: tasks.ReverseTask = tasks.REVERSE,
    recipe: tasks.Recipe | None = None,
    betas: tuple[float, float] = (0.9, 0.999),
    watch: Watch | None = None,
    hear: Hear | None = None,
) -> Scores:
    """Train one encoder-decoder a seed; their exact match on every length, and the last training loss (none where n is 0)."""
    recipe = recipe or tasks.REVERSE_RECIPE
    p = stack([dict(translator(s).named_parameters()) for s in seeds])
    optimizer = torch.optim.Adam(p.values(), lr=recipe.learning_rate, betas=betas)
    streams = [tasks.generator(s, "train") for s in seeds]
    for step in range(recipe.steps):
        optimizer.param_groups[0]["lr"] = recipe.rate(step, recipe.steps)
        batches = [task.batch(recipe.batch_size, stream) for stream in streams]
        source, lengths, targets = _gather(batches, "source", "source_lengths", "targets")
        order = lengths.argsort(1, descending=True)
        lengths = lengths.gather(1, order)
        source = source.gather(1, order[..., None].expand_as(source))
        targets = targets.gather(1, order[..., None].expand_as(targets))
        optimizer.zero_grad()
        logits = forward(p, source, lengths, targets, mistake)
        losses = cross_entropy(logits.flatten(0, 2), targets.flatten(), reduction="none").view(targets.shape)
        counted = targets != task.PAD if mistake != "padding in the loss" else torch.ones_like(targets).bool()
        loss = (losses * counted).sum((1, 2)) / counted.sum((1, 2))  # (M,)
        loss.sum().backward()
        clip(p, recipe.clip)
        optimizer.step()
        if hear is not None:
            hear(step + 1, loss.detach())
        if watch is not None and watch(step + 1, p):
            break
    if n == 0:
        return {}
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
