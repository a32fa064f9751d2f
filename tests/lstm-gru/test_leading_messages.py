"""A message of the hidden suites is true for the answer, and leads to the wrong line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine

FORWARD = "            logits, state = self.step(token, state)\n"
STEP = "        outputs, state = self.decoder(x, state)\n"
LATER = "torch.cat([torch.stack(outputs, 1)[:, :1], 2 * torch.stack(outputs, 1)[:, 1:]], 1)"

CASES = {  # question, edit of the reference, part → what its message must and (after "!") must not say
    "encode alone is wrong": (
        "q8", ("        return h, c\n", "        return 0.9 * h, c\n"),
        {"ratio": "Your `encode` alone returns wrong numbers", "teacher-forcing": "look at `encode` first", "free-running": "look at `encode` first"},
    ),
    "step returns the state it was given": (
        "q8", (STEP, STEP.replace("outputs, state", "outputs, _")),
        {"step": "The state that step returns is the one it was given", "ratio": "look at `step` first!bos", "teacher-forcing": "look at `step` first"},
    ),
    "step alone is wrong": ("q8", ("self.head(outputs[:, 0])", "1 + self.head(outputs[:, 0])"), {"ratio": "look at `step` first!bos"}),
    "the right token in another state": (
        "q8", (FORWARD, FORWARD + "            state = (0.99 * state[0], state[1])\n"),
        {"ratio": "or another state passed on!neither", "teacher-forcing": "wrong from t = 1 on!look at"},
    ),
    "another token": (
        "q8", (FORWARD, FORWARD.replace("(token,", "((token + (t > 0)) % 11,")), {"ratio": r"it read \d+\.!look at"},
    ),
    "the state of encode again and again": (
        "q8", (FORWARD, "            logits, _ = self.step(token, state)\n"), {"ratio": "the right token in the state of encode!another token"},
    ),
    "a share that is a little off": ("q8", ("< forcing", "< forcing**0.2"), {"ratio": r"the true token was read in 0\.\d\d of the steps"}),
    "padding written into the step": ("q11", ("targets, pad)", "targets, 7)"), {"step": "a loss that takes token 7 for padding; only the argument `pad`, 5 here", "returned-loss": "takes token 7|counts token 5 as well"}),
    "padding counted": ("q11", ("targets, pad)", "targets, -100)"), {"step": "a loss that counts token 5 as well"}),
    "a detached tensor returned": ("q11", ("loss.item()", "loss.detach()"), {"returned-loss": r"a Python number \(float\), not a tensor!graph"}),
    "wrong numbers and nothing changed": ("q1", ("f * c", "f * c * 2"), {"arguments-left-alone": "counts once the new c is right"}),
    "wrong numbers of q2": ("q2", ("(1 - z) * n", "(1 - z) * n * 2"), {"arguments-left-alone": "counts once the new h is right"}),
    "later outputs doubled": ("q3", ("torch.stack(outputs, dim=1)", LATER), {"lstm-outputs": "wrong from t = 1 on!carried", "gru-state": "wrong from t = 1 on!carried"}),
    "no state carried, and doubled": (
        "q3", ("            outputs.append(h)\n", "            outputs.append(h if t == 0 else 2 * h)\n            h = 0 * h.detach()\n"),
        {"gru-outputs": "From t = 1 on they do not depend on the inputs before it: the state is not carried"},
    ),
    "a wrong token where eos never comes": ("q10", ("argmax", "argmin"), {"max-len": "came back as!all their"}),
}  # fmt: skip


@pytest.mark.parametrize("about", CASES)
def test_a_message_leads_to_the_line_that_is_wrong(plain_engine: Engine, tmp_path: Path, about: str) -> None:
    question, (old, new), says = CASES[about]
    source = plain_engine.lab.reference(question)
    assert old in source
    path = write_notebook(tmp_path / "lab.ipynb", plain_engine.lab, {question: source.replace(old, new)})
    report = plain_engine.grade(path, questions=[question], training=False)
    messages = {part.name: part.student_text for part in report.question(question).parts if not part.passed}
    for part, wanted in says.items():
        present, _, absent = wanted.partition("!")
        assert re.search(present, messages[part]), messages
        assert not absent or absent not in messages[part], messages
    assert not [message for message in messages.values() if "could not be completed" in message]
