"""q7: the many-to-one classifier, and the accuracy it must reach on long sequences."""

from __future__ import annotations

import math

import pytest
import quick
import standins
import torch
from trained import Scores, best, check_strata, check_training, run_training, tasks
from twins import TwinClassifier, check_state_dict, draw_weights, load_both, unsorted_lengths

from gatelab.testkit import KEYS_SHOWN, Several, close, close_grads, few, near, needs, part, unchanged

V, E, H, K = 11, 4, 6, 3  # vocabulary, embedding, hidden, classes: all different
NAME = "SequenceClassifier"
TRAINED = "your SequenceClassifier"
RESULT = f"the result of {TRAINED}"
# Puts the grader's layers into the notebook, and no other name.
GIVEN = f"""
def _given(names):
    exec({standins.TEXT!r}, names)
    return names["RunningSum"], names["grader_gru"]


RunningSum, grader_gru = _given({{"__name__": "given"}})
"""


def make(student, draw, layer="LSTM", kind=torch.nn.LSTM):
    """The student's model around `layer` and its twin around the torch layer `kind`, with equal weights."""
    model = student.make(NAME, V, E, H, K, student.make(layer, E, H))
    twin = TwinClassifier(V, E, H, K, kind)
    weights = draw_weights(twin, draw)
    # Logits of both signs for every seed, so that a change to those of one sign shows.
    weights["head.bias"] = weights["head.bias"] + torch.tensor([3.0, -3.0, 0.0], dtype=torch.float64)
    load_both(model, twin, weights, NAME)
    return model, twin


def names(twin):
    return {f"param:{key}": key for key, _ in twin.named_parameters()}


@part("q7", "logits", 1)
@pytest.mark.parametrize(("n", "t"), [(5, 7), (1, 9), (4, 1)])
def test_full_sequences_give_the_heads_logits(student, draw, n, t):
    model, twin = make(student, draw)
    tokens, lengths = draw.integers(0, V, n, t), torch.full((n,), t)
    got = model(tokens, lengths).value
    close(got, torch.zeros(n, K), RESULT, "N K", atol=math.inf)  # its shape
    needs(
        not (bool((got >= 0).all()) and near(got.sum(dim=-1), got.new_ones(n))),
        f"{RESULT} holds probabilities (every row adds up to 1); it should hold logits.",
    )
    close(got, twin(tokens, lengths), RESULT, "N K", dtype=torch.float64)  # that of its weights


@part("q7", "last-valid-step", 2)
@pytest.mark.parametrize(("n", "t"), [(6, 8), (1, 5), (3, 12)])
def test_logits_are_read_at_the_last_valid_step(student, draw, n, t):
    model, twin = make(student, draw)
    tokens, lengths = draw.integers(0, V, n, t), unsorted_lengths(draw, n, t)
    if n == 1:
        lengths[0] = t // 2  # it is padded
    reply = model(tokens, lengths)
    close(reply.value, twin(tokens, lengths), "the result for padded sequences", "N K")
    unchanged(reply.after, {"0": tokens, "1": lengths}, {"0": "tokens", "1": "lengths"})


@part("q7", "padding", 2)
def test_padding_does_not_matter(student, draw):
    model, _ = make(student, draw)
    n, t = 5, 9
    tokens, lengths = draw.integers(0, V, n, t), torch.tensor([3, 9, 1, 5, 4])
    first = model(tokens, lengths).value
    close(first, torch.zeros(n, K), RESULT, "N K", atol=math.inf)  # its shape
    needs(
        near(model(tokens, lengths).value, first),
        "The same sequences get different logits when the model is called again: something in it is random, or kept "
        "from one call to the next.",
    )
    padding = torch.arange(t) >= lengths.unsqueeze(1)
    other = torch.where(padding, (tokens + 1 + draw.integers(0, V - 1, n, t)) % V, tokens)
    again = model(other, lengths).value
    needs(
        near(again, first),
        "The logits change when the tokens after `lengths` do: padding must not be read.",
    )
    read = torch.where(padding, tokens, (tokens + 1) % V)
    needs(
        not near(model(read, lengths).value, first),
        "The logits stay the same when all tokens of the sequences change: are the tokens read at all?",
    )
    longer = torch.cat([other, draw.integers(0, V, n, 4)], dim=1)
    needs(
        near(model(longer, lengths).value, first),
        "The logits change when more padding is added after the sequences.",
    )
    alone = [model(tokens[i : i + 1, : lengths[i]], lengths[i : i + 1]).value for i in range(n)]
    for logits in alone:
        close(logits, torch.zeros(1, K), "the result for one sequence", "N K", atol=math.inf)  # its shape
    needs(
        near(torch.cat(alone), first),
        "A sequence in a batch gets different logits from the same sequence alone, without padding.",
    )


@part("q7", "given-layer", 2)
def test_any_recurrent_layer_can_be_given(student, draw):
    student.define(GIVEN)
    model, twin = make(student, draw, "grader_gru", torch.nn.GRU)
    tokens, lengths = draw.integers(0, V, 4, 7), torch.full((4,), 7)
    close(model(tokens, lengths).value, twin(tokens, lengths), "the result over a GRU", "N K")

    model = student.make(NAME, V, E, 3 * E, K, student.make("RunningSum", E))
    table, weight, bias = draw(V, E), draw(K, 3 * E), draw(K)
    own = model.state_dict()
    needs(
        "embedding.weight" in own and "head.weight" in own and "head.bias" in own,
        f"Your {NAME} should have the attributes `embedding` and `head`; its state_dict has "
        f"{few(map(repr, own), KEYS_SHOWN)}.",
    )
    model.load_state_dict({"embedding.weight": table, "head.weight": weight, "head.bias": bias}, strict=False)
    total = torch.stack([table[row[:length]].sum(0) for row, length in zip(tokens, lengths, strict=True)])
    read = torch.cat([total, -total, total.sin()], dim=-1)  # (N, 3E)
    close(model(tokens, lengths).value, read @ weight.T + bias, "the result over another layer", "N K")


@part("q7", "gradients", 1)
@pytest.mark.parametrize(("n", "t", "gru"), [(5, 7, False), (1, 4, False), (3, 5, True)])
def test_gradients_reach_every_weight(student, draw, n, t, gru):
    if gru:
        student.define(GIVEN)
    model, twin = make(student, draw, *(("grader_gru", torch.nn.GRU) if gru else ()))
    tokens, lengths = draw.integers(0, V, n, t), torch.full((n,), t)
    tokens[0, 0] = 0  # token 0 is an ordinary token
    upstream = draw(n, K)
    reply = model(tokens, lengths, upstream=upstream)
    close(reply.value, twin(tokens, lengths), RESULT, "N K")
    twin(tokens, lengths).backward(upstream)
    want = {f"param:{key}": p.grad for key, p in twin.named_parameters()}
    close_grads(reply.grads, want, names(twin))


MODEL = """
from seqlab import tasks, training


def model_of(ns, seed):
    torch.manual_seed(seed)
    task, recipe = tasks.STORE, tasks.STORE_RECIPE
    layer = ns["LSTM"](recipe.embedding_size, recipe.hidden_size, forget_bias=recipe.forget_bias)
    return ns["SequenceClassifier"](
        task.vocab_size, recipe.embedding_size, recipe.hidden_size, task.num_classes, layer
    ).float()  # a layer that starts in float64 is also right
"""

# Names, dtype and predictions are checked first: a training that cannot be judged is a waste of time, and
# weights that were trained elsewhere are worthless in a model that does not use them.
BEFORE = """
def main(ns, seed, inputs):
    model = model_of(ns, seed)
    logits = model(*tasks.STORE.batch(2, seed).inputs)
    fit = isinstance(logits, torch.Tensor) and logits.ndim == 2  # else the training's error says what is wrong
    predicted = training.predictions(model, *inputs) if fit else None
    return {"weights": dict(model.state_dict()), "logits": logits, "predicted": predicted}
"""

TRAIN = """
def main(ns, seed, inputs, seconds):
    model, recipe = model_of(ns, seed), tasks.STORE_RECIPE
    return trained(
        model,
        lambda: training.train_classifier(model, tasks.STORE, recipe, seed=seed, seconds=seconds, progress=False),
        lambda *batch: training.predictions(model, *batch),
        inputs,
        recipe.steps,
        seconds,
    )
"""

QUICK = f"""{quick.STEPS}{quick.GROWING}

def begin(going, seed, quick):
    model, task = model_of(going.ns, seed), Growing(tasks.STORE, quick["short"], quick["short_until"])
    falling = replace(tasks.STORE_RECIPE, falls_from=quick["falls_from"])
    return model, classifier_steps(model, task, falling, seed=seed, steps=quick["steps"])


def predict(ns, model, *batch):
    return training.predictions(model, *batch)
"""


@part("q7", "accuracy", 4)
@pytest.mark.training
def test_trained_by_the_grader_it_remembers_over_long_delays(student, draw):
    set_ = student.settings
    # The test batches come from the test's own stream; their labels stay here.
    batches = {name: tasks.STORE.stratum(name, set_["n"], draw.generator) for name in tasks.STRATA}
    seed, other = (int(n) for n in draw.integers(0, 2**31, 2))
    recipe = tasks.STORE_RECIPE
    twin = TwinClassifier(
        tasks.STORE.vocab_size, recipe.embedding_size, recipe.hidden_size, tasks.STORE.num_classes
    )
    untrained = tasks.STORE.batch(24, draw.generator).inputs
    before = student.run(MODEL + BEFORE, replay=False, seed=seed, inputs=untrained)
    check_state_dict(before["weights"], twin, NAME)
    logits = before["logits"]
    needs(
        not isinstance(logits, torch.Tensor) or logits.is_floating_point(),
        f"The logits of your {NAME} are {getattr(logits, 'dtype', None)}, whole numbers, which cannot be trained.",
    )

    def judge(weights, batches, predicted, note="", whole=True) -> Scores:
        check_state_dict(weights, twin, NAME)
        twin.load_state_dict({key: weights[key] for key in twin.state_dict()})
        own, again, agree = {}, {}, []
        for name, batch in batches.items():
            with torch.no_grad():
                repeated = twin(*batch.inputs).argmax(dim=1)
            given = repeated if predicted is None else predicted[name]
            close(
                given, torch.zeros(len(batch)), Several("the predictions"), "N", atol=math.inf
            )  # of that shape
            own[name] = (given == batch.labels).double().mean().item()
            again[name] = (repeated == batch.labels).double().mean().item()
            agree.append((given == repeated).double().mean().item())
        return Scores(own, again, min(agree), note, whole)

    def train(seed: int) -> Scores:
        reply = run_training(
            student,
            MODEL + TRAIN,
            seed=seed,
            inputs={name: batch.inputs for name, batch in batches.items()},
            seconds=set_["seconds"],
        )
        note = check_training(reply, TRAINED)
        return judge(
            reply["weights"], batches, reply["predicted"], note, len(reply["losses"]) == recipe.steps
        )

    def fresh(n: int, stream: torch.Generator) -> dict[str, tasks.Batch]:
        return {name: tasks.STORE.stratum(name, n, stream) for name in tasks.STRATA}

    quickly = int(draw.integers(0, 2**31, 1))
    scores = quick.won(student, "q7", MODEL + QUICK, quickly, set_, fresh, judge)
    scores = scores or best(train, [seed, other], set_["threshold"])
    check_strata(scores, set_["threshold"], TRAINED, "accuracy")
    twin.load_state_dict({key: before["weights"][key] for key in twin.state_dict()})
    with torch.no_grad():
        expected = twin(*untrained).argmax(dim=1)
    predicted = before["predicted"]
    close(
        predicted, torch.zeros(len(expected)), Several("the predictions before training"), "N", atol=math.inf
    )  # of that shape
    agree = (predicted == expected).double().mean().item()
    needs(
        agree > 0.9,
        f"Before training, {TRAINED} does not predict what PyTorch's layers with its weights do ({agree:.0%} agree): "
        "the predictions must come from the weights in its state_dict.",
    )
