"""The stand-ins for models and layers that the suites and public checks pass to students' code have everything that
CONTRACT.md promises."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from own_versions import OWN, edited, graded, lost
from torch import Tensor, nn

from gatelab.audit.fingerprints import namespace
from gatelab.grading.engine import Engine
from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab

KINDS = {"nn.Embedding": nn.Embedding, "nn.Linear": nn.Linear, "LSTM": nn.Module, "int": int}
HIDDEN = ["q10, hidden", "q10, hidden, over an own Seq2Seq"]
PUBLIC = [
    "q10, public",
    "q10, public, over an own Seq2Seq",
    "q11, public",
    "q11, public, over an own Seq2Seq",
]
N, S, T = 3, 4, 2


def contract(lab: Lab) -> str:
    return (lab.assignment / "CONTRACT.md").read_text(encoding="utf-8")


def attributes(lab: Lab, cls: str) -> dict[str, type]:
    """Attribute → type, as CONTRACT.md says it of a class."""
    text = contract(lab).partition(f"`class {cls}(")[2].partition("\n\n")[0]
    sentence = re.search(r"Attributes (.*?)\.\n", text)[1]
    found: dict[str, type] = {}
    for names, kind in re.findall(r"((?:`\w+`(?:, )?)+)(?: \((?:your )?`([\w.]+)[^)]*?\)?`\))?", sentence):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = KINDS.get(kind, nn.Module)
    return found


def methods(lab: Lab, cls: str) -> list[str]:
    text = contract(lab).partition(f"`class {cls}(")[2].partition("\n\n")[0]
    return re.findall(r"^- `(\w+)\(", text, re.MULTILINE)


@pytest.fixture(scope="module")
def models(lab: Lab) -> Iterator[dict[str, Callable[[], nn.Module]]]:
    """The stand-ins for a Seq2Seq, by name: functions that make one."""
    own = namespace(lab)
    exec(edited(lab.reference("q8"), *OWN["a Seq2Seq with a helper"]["q8"]), own)
    sys.path.insert(0, str(lab.hidden))
    try:
        with importable(lab.assignment):
            from standins import scripted

            from seqlab.checking import standins

            checks = {}
            for question in ("q10", "q11"):
                checks[question] = {}
                exec(
                    (lab.assignment / "tests" / f"{question}.py").read_text(encoding="utf-8"),
                    checks[question],
                )
            q10, q11 = checks["q10"], checks["q11"]
            script = torch.tensor([[3, 4, 5]] * N)

            def made(Seq2Seq: Any, names: dict) -> list[Callable[[], nn.Module]]:
                return [
                    lambda: scripted(names, script, 3, 50)[0],
                    lambda: q10["script_over"](Seq2Seq, q10["Seen"](50, 8)),
                    lambda: q11["tables_over"](Seq2Seq)[0],
                ]

            kinds = [HIDDEN[0], PUBLIC[0], PUBLIC[2], HIDDEN[1], PUBLIC[1], PUBLIC[3]]
            yield dict(
                zip(kinds, made(standins.Seq2Seq, namespace(lab)) + made(own["Seq2Seq"], own), strict=True)
            )
    finally:
        sys.path.remove(str(lab.hidden))


def test_the_contract_is_read_as_it_is_meant(lab: Lab) -> None:
    assert attributes(lab, "Seq2Seq") == {
        "source_embedding": nn.Embedding, "target_embedding": nn.Embedding, "encoder": nn.Module, "decoder": nn.Module,
        "head": nn.Linear, "bos": int,
    }  # fmt: skip
    assert methods(lab, "Seq2Seq") == ["encode", "step", "forward"]


@pytest.mark.parametrize("which", HIDDEN + PUBLIC)
def test_a_model_has_the_attributes_of_the_contract(lab: Lab, models: dict, which: str) -> None:
    model = models[which]()
    for name, kind in attributes(lab, "Seq2Seq").items():
        assert isinstance(getattr(model, name), kind), name
    modules = [name for name, kind in attributes(lab, "Seq2Seq").items() if issubclass(kind, nn.Module)]
    assert set(modules) <= dict(model.named_children()).keys()
    assert model.head.in_features == model.encoder.hidden_size == model.decoder.hidden_size
    assert model.head.out_features == model.target_embedding.num_embeddings
    assert model.source_embedding.embedding_dim == model.target_embedding.embedding_dim


@pytest.mark.parametrize("which", HIDDEN + PUBLIC)
def test_a_model_is_a_module_in_every_way(models: dict, which: str) -> None:
    model = models[which]()
    weight = next(model.parameters())
    assert weight.device.type == "cpu" and weight.is_floating_point()
    assert {p.dtype for p in model.parameters()} == {weight.dtype}
    assert all(p.requires_grad for p in model.parameters())
    assert model.training and not model.eval().training and not model.decoder.training
    assert model.train() is model and model.head.training
    assert model.to(weight.device) is model and model.double() is model
    assert {p.dtype for p in model.parameters()} == {torch.float64}
    model.load_state_dict(model.state_dict())
    assert {"encoder.weight_ih_l0", "decoder.bias_hh_l0", "head.weight"} <= model.state_dict().keys()
    model.zero_grad()


@pytest.mark.parametrize("which", HIDDEN + PUBLIC)
def test_a_model_can_be_called_as_the_contract_says(lab: Lab, models: dict, which: str) -> None:
    model = models[which]()
    assert all(callable(getattr(model, method)) for method in methods(lab, "Seq2Seq"))
    V, H = model.head.out_features, model.head.in_features
    source, lengths, targets = (
        torch.ones(N, S, dtype=torch.int64),
        torch.tensor([4, 2, 3]),
        torch.ones(N, T).long(),
    )
    with torch.no_grad():
        h, c = model.encode(source, lengths)
        assert h.shape == c.shape == (N, H)
        logits, state = model.step(targets[:, 0], (h, c))
        assert logits.shape == (N, V) and [part.shape for part in state] == [(N, H)] * 2
        for more in ((), (1.0,), (0.0,)):
            logits = model(source, lengths, targets, *more)
            assert logits.shape == (N, T, V) and not logits.requires_grad
        assert model(source, lengths, targets, forcing=0.5).shape == (N, T, V)
    assert model(source, lengths, targets).requires_grad


@pytest.mark.parametrize("which", HIDDEN)
def test_the_scripted_model_says_the_same_part_by_part(models: dict, which: str) -> None:
    model = models[which]()
    source, token = torch.arange(N).unsqueeze(1), torch.full((N,), 3)
    state = model.encode(source, torch.ones(N).long())
    logits, after = model.step(token, state)
    outputs, other = model.decoder(model.target_embedding(token).unsqueeze(1), state)
    assert torch.equal(model.head(outputs[:, 0]), logits) and torch.equal(outputs[:, 0], after[0])
    assert all(map(torch.equal, after, other))


def test_a_model_where_all_weights_train_gets_gradients_for_all(models: dict) -> None:
    for which in (PUBLIC[2], PUBLIC[3]):
        model = models[which]()
        batch = torch.ones(N, S).long(), torch.full((N,), S), torch.ones(N, T).long()
        model(*batch).square().sum().backward()
        for name, p in model.named_parameters():
            assert p.grad is not None and p.grad.clone().mul_(2).shape == p.shape, name
            p.grad.mul_(2)  # in place, as clipping by hand does it


# --- layers and steps -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def layers(lab: Lab) -> Iterator[dict[str, nn.Module]]:
    sys.path.insert(0, str(lab.hidden))
    try:
        with importable(lab.assignment):
            import standins as hidden

            from seqlab.checking import standins

            q4: dict = {}
            exec((lab.assignment / "tests" / "q4.py").read_text(encoding="utf-8"), q4)
            yield {
                "q4, hidden, a pair": hidden.Loop(2, 3),
                "q4, hidden, one tensor": hidden.OneState(2, 3),
                "q7, hidden, a sum": hidden.RunningSum(2),
                "q7, hidden, a GRU": hidden.grader_gru(2, 3),
                "q4, public": q4["Leaky"]().float(),
                "q8, public, LSTM": standins.LSTM(2, 3),
                "GRU, public": standins.GRU(2, 3),
            }
    finally:
        sys.path.remove(str(lab.hidden))


LAYERS = [
    "q4, hidden, a pair", "q4, hidden, one tensor", "q7, hidden, a sum", "q7, hidden, a GRU", "q4, public",
    "q8, public, LSTM", "GRU, public",
]  # fmt: skip


@pytest.mark.parametrize("which", LAYERS)
def test_a_layer_is_one_of_the_contract(layers: dict, which: str) -> None:
    layer = layers[which]
    for p in layer.parameters():
        nn.init.normal_(p, std=0.1)
    assert layer.input_size == 2 and layer.hidden_size == (6 if "sum" in which else 3) and layer.batch_first
    assert next(layer.parameters()).is_floating_point() and next(layer.parameters()).device.type == "cpu"
    assert not layer.eval().training and layer.train().training
    with torch.no_grad():
        outputs, state = layer(torch.randn(N, T, 2))
        assert outputs.shape == (N, T, layer.hidden_size)
        again, _ = layer(torch.randn(N, T, 2), state)
        assert again.shape == outputs.shape
        assert layer(torch.randn(N, T, 2), None)[0].shape == outputs.shape
    last = state if isinstance(state, Tensor) else state[0]
    if "q7" not in which:  # there the state is whatever the layer's is
        assert last.shape == (N, layer.hidden_size)
    layer.load_state_dict(layer.state_dict())


@pytest.mark.parametrize(("step", "states"), [("lstm_step", 2), ("gru_step", 1)])
def test_a_step_gives_what_the_contract_says(lab: Lab, step: str, states: int) -> None:
    keys = re.findall(r'`"(\w)"`', contract(lab).partition(f"`{step}(")[2].partition("\n\n")[0])
    with importable(lab.assignment):
        from seqlab.checking import standins

        D, H, rows = 2, 3, len(keys) if states == 2 else 3
        weights = [
            torch.randn(rows * H, D),
            torch.randn(rows * H, H),
            torch.randn(rows * H),
            torch.randn(rows * H),
        ]
        *after, gates = getattr(standins, step)(torch.randn(N, D), *[torch.randn(N, H)] * states, *weights)
    assert [part.shape for part in after] == [(N, H)] * states
    assert list(gates) == keys and {gate.shape for gate in gates.values()} == {(N, H)}


# --- through the real doors -------------------------------------------------------------------------------------------

USED = [
    (
        "        state = model.encode(source, source_lengths)\n",
        "        was = model.training\n"
        "        model.eval()\n"
        "        device = next(model.parameters()).device\n"
        "        model.to(device)\n"
        "        state = model.encode(source.to(device), source_lengths)\n"
        "        assert model.head.in_features == model.decoder.hidden_size == state[0].shape[1]\n"
        "        assert model.target_embedding.num_embeddings == model.head.out_features\n"
        "        assert state[0].dtype == next(model.parameters()).dtype and isinstance(model.bos, int)\n"
        "        assert len(model.state_dict()) == len(list(model.parameters()))\n",
    ),
    (
        "        return torch.stack(out, dim=1)\n",
        "        model.train(was)\n        return torch.stack(out, dim=1)\n",
    ),
]


def test_a_decoding_may_use_all_that_a_model_has(check, engine: Engine, lab: Lab, tmp_path: Path) -> None:
    names = namespace(lab)
    exec(compile(edited(lab.reference("q10"), *USED), "<q10>", "exec"), names)
    result = check("q10", names)
    assert result.passed_all, repr(result)
    assert lost(graded(engine, tmp_path, {"q10": USED})) == {}
