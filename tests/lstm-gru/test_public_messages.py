"""What do the public checks say about an unknown mistake, or about something that is not an answer?"""

from __future__ import annotations

import re

import pytest
from public_checks import CODE, STEP, first_message, names_with

from helpers.shares import share

pytestmark = pytest.mark.one_in(3, at=2)

LAYER = """
class LSTM(Right):
    def forward(self, x, state=None):
        outputs, state = super().forward(x, state)
        outputs = outputs.clone()
        {change}
        return outputs, state
"""


@pytest.mark.parametrize(
    ("question", "code", "says"),
    [
        (
            "q1",
            STEP + "return x @ w_hh.T",
            "stopped with RuntimeError: mat1 and mat2 .* In your line 2 of the cell",
        ),
        ("q1", STEP + "return None", "returned None. Is the `return` missing"),
        (
            "q1",
            STEP + "return h",
            r"should return a tuple of 3: \(h, c, gates\). Yours is a float64 tensor of shape \(3, 5\)",
        ),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h.T, c, g",
            r"h has shape \(5, 3\); expected \(3, 5\), that is \(N batch, H hidden\): the axes are in another order",
        ),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h.float(), c, g",
            r"h has dtype torch\.float32; expected torch\.float64",
        ),
        ("q1", STEP + "g = dict(i=h, f=h, g=h, o=h); return h / 0, c, g", "h holds inf"),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h * 0.5, c, g",
            r"h has the right shape, but \d+ of 15 numbers differ; the largest difference is \S+ at N = \d, H = \d \(got \S+, expected \S+\)",
        ),
        ("q1", STEP + "if 1 <Ellipsis: pass", "In your line 2 of the cell"),
        (
            "q9",
            "def sequence_loss(logits, targets, pad):\n    return 1.0",
            "the loss should be a tensor, but it is of type float",
        ),
        (
            "q5",
            "def count_parameters(module):\n    return 16.0",
            r"the result should be a whole number \(int\), but it is of type float",
        ),
        ("q5", "def count_parameters(module):\n    return 17", "the result is 17; it should be 16"),
        (
            "q3",
            "Right = LSTM\n" + LAYER.format(change="state = state[0]"),
            r"should return \(outputs, \(h, c\)\); the second item of yours is a single tensor",
        ),
        (
            "q4",
            "Right = gradient_norms\ndef gradient_norms(layer, x):\n    return Right(layer, x.requires_grad_(True))",
            "the `requires_grad` of a tensor that was passed in",
        ),
        (
            "q6",
            "Right = last_valid\ndef last_valid(*given):\n    return Right(*given) + 1e-6",
            r"the largest difference is 1e-06 at N = \d, H = \d \(got (\S+), expected \1\)",
        ),
        (
            "q7",
            "Right = SequenceClassifier\nclass SequenceClassifier(Right):\n"
            "    def forward(self, *given):\n        return super().forward(*given).detach()",
            "the values are right, but the gradient that comes back through them is not",
        ),
        (
            "q8",
            "Right = Seq2Seq\nclass Seq2Seq(Right):\n"
            "    def forward(self, *given, **more):\n        return super().forward(*given, **more) + 1",
            "the logits of step 0 are not those of bos or of any other token",
        ),
        (
            "q9",
            "def sequence_loss(logits, targets, pad):\n"
            "    logits, targets = logits[:, :-1].flatten(0, 1), targets[:, 1:].flatten()\n"
            "    return F.cross_entropy(logits, targets, ignore_index=pad)",
            "the logits of step 2 get no gradient, though no target is padding",
        ),
        (
            "q10",
            "def greedy_decode(model, source, lengths, max_len, bos, eos, pad=0, right=greedy_decode):\n"
            "    return right(model, source, lengths, max_len, 1, eos, pad)",
            "the first step should read bos = 8, it read 1",
        ),
        (
            "q11",
            "def training_step(*given, clip=1.0, right=training_step):\n"
            "    return right(*given[:5], 0, clip)",
            "the optimiser's step is not that of this batch's gradient",
        ),
        (
            "q11",
            "def training_step(*given, clip=1.0, right=training_step):\n"
            "    return torch.tensor(right(*given, clip))",
            r"the result should be a number \(float\), but it is a float32 tensor",
        ),
        (
            "q6",
            "Right = last_valid\ndef last_valid(outputs, lengths):\n"
            "    return Right(outputs.requires_grad_(True) if outputs.is_leaf else outputs, lengths)",
            "the `requires_grad` of a tensor that was passed in",
        ),
        (
            "q8",
            "Right = Seq2Seq\nclass Seq2Seq(Right):\n    def step(self, *given):\n"
            "        logits, state = super().step(*given)\n        return logits.squeeze(), state",
            r"\(one sequence\): logits have shape \(8,\); expected \(1, 8\)",
        ),
        (
            "q10",
            "def greedy_decode(*given, right=greedy_decode, **more):\n    tokens = right(*given, **more)\n"
            "    torch.set_grad_enabled(True)\n    return tokens",
            r"under torch.no_grad\(\)\): afterwards gradient recording is no longer as it was",
        ),
        ("q12", "answers = {'c1': 'e'}", "c1 should be one letter from a to d, yours is 'e'"),
        ("q12", "answers = {'c1': 'a'}", "no answer yet to c2, c3"),
        ("q12", "answers = 'abc'", "should be a dict"),
    ],
)
def test_an_unknown_mistake_gets_the_first_difference(check, lab, question, code, says):
    assert re.search(says, first_message(check(question, names_with(lab, code))))


@pytest.mark.parametrize(
    ("end", "hinted"), [("return None", True), ("raise ValueError('lstm_cell returned None')", False)]
)
def test_print_is_distinguished_from_return_only_where_nothing_came_back(check, lab, end, hinted):
    result = check("q1", names_with(lab, STEP + f"print(x); {end}"))
    assert "returned None" in repr(result) and ("`return` hands it back" in repr(result)) is hinted


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("outputs[:, 2:] *= 1.5", "right up to time step t = 1 and wrong from t = 2"),
        ("outputs[:, 2:] = float('nan')", "hold nan from time step t = 2"),
        (
            "outputs = outputs.detach()",
            "known mistake|the values are right. The gradient|the values are right, but no gradient",
        ),
    ],
)
def test_a_layers_message_names_the_first_wrong_step(check, lab, change, says):
    result = check("q3", names_with(lab, "Right = LSTM\n" + LAYER.format(change=change)))
    assert re.search(says, first_message(result)), repr(result)


@pytest.mark.parametrize(
    ("question", "code", "argument"),
    [
        (
            "q4",
            "def cell_path_gain(g):\n"
            "    for t in range(len(g) - 2, -1, -1):\n        g[t] *= g[t + 1]\n"
            "    return torch.cat([g[1:], torch.ones_like(g[:1])])",
            "forget_gates",
        ),
        (
            "q4",
            "Right = gradient_norms\ndef gradient_norms(layer, x):\n"
            "    norms = Right(layer, x)\n    x.mul_(2)\n    return norms",
            "x",
        ),
        (
            "q8",
            "Right = Seq2Seq\nclass Seq2Seq(Right):\n    def encode(self, source, source_lengths):\n"
            "        source_lengths -= 1\n        return super().encode(source, source_lengths + 1)",
            "source_lengths",
        ),
    ],
)
def test_an_argument_changed_in_place_is_reported_as_such(check, lab, question, code, argument):
    result = check(question, names_with(lab, code))
    assert f"changed its argument {argument} in place; make a new tensor instead." in first_message(result)
    assert "right for" not in repr(result) and "the values are right" not in repr(result)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("next(recurrent.parameters()).data.mul_(0.5)", "changes the weights of the layer"),
        ("recurrent.eval()", "mode has changed"),
        ("next(recurrent.parameters()).requires_grad_(False)", "`requires_grad`"),
    ],
)
def test_a_constructor_that_changes_its_layer_is_described(check, lab, change, says):
    """The check itself then loads other weights into the layer, in another dtype, which no longer hides it."""
    code = (
        "Right = SequenceClassifier\nclass SequenceClassifier(Right):\n"
        "    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):\n"
        "        super().__init__(vocab_size, embedding_size, hidden_size, num_classes, recurrent)\n"
        f"        {change}\n"
    )
    message = first_message(check("q7", names_with(lab, code)))
    assert "SequenceClassifier" in message and says in message, message


def test_weights_that_are_clamped_after_the_step_are_described(check, lab):
    """Where all weights of the check are small, nothing shows; the grader's are not."""
    code = (
        "right = training_step\ndef training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):\n"
        "    loss = right(model, optimizer, source, source_lengths, targets, pad, clip)\n"
        "    for weight in model.parameters():\n        weight.data.clamp_(-clip, clip)\n    return loss\n"
    )
    assert "a weight whose gradient is 0 has changed" in first_message(check("q11", names_with(lab, code)))


def test_a_gradient_that_was_cleared_is_not_called_filled(check, lab, bank):
    code = """
def gradient_norms(layer, x):
    x = x.detach().clone().requires_grad_(True)
    layer(x)[0][:, -1].sum().backward()
    layer.zero_grad()
    return x.grad.norm(dim=(0, 2))
"""
    filled = next(chaff for chaff in bank.chaffs_of("q4") if chaff.id == "grads-left-in-the-layer")
    result = check("q4", names_with(lab, code))
    assert filled.misconception not in repr(result)
    assert "afterwards a `.grad` is no longer what it was" in first_message(result)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (
            "q1",
            "Right, last = lstm_step, {}\ndef lstm_step(x, h, c, *w):\n"
            "    h, c, gates = Right(x, last.get(h.shape, h), c, *w)\n    last[h.shape] = h.detach()\n    return h, c, gates",
        ),
        (
            "q2",
            "Right, last = gru_step, {}\ndef gru_step(x, h, *w):\n"
            "    h, gates = Right(x, last.get(h.shape, h), *w)\n    last[h.shape] = h.detach()\n    return h, gates",
        ),
        (
            "q3",
            "Right = GRU\nclass GRU(Right):\n    seen = 0\n    def forward(self, x, state=None):\n"
            "        outputs, state = super().forward(x, state)\n        self.seen += 1\n        return outputs * self.seen, state",
        ),
    ],
)
def test_a_result_that_the_same_arguments_do_not_give_again_is_reported_as_such(check, lab, question, code):
    said = first_message(check(question, names_with(lab, code)))
    assert (
        "called again with the same arguments and the same random numbers, gives a different answer" in said
    )


def test_steps_in_a_list_are_not_taken_for_outputs(check, lab):
    code = LAYER.format(change="outputs = list(outputs.unbind(1))")
    said = first_message(check("q3", names_with(lab, "Right = LSTM\n" + code)))
    assert "outputs should be one tensor (N, T, H), yours is a list of 4 (tensor" in said


ODD = {
    "None": "None",
    "a number": "0.5",
    "a text": "'h'",
    "an empty tuple": "()",
    "a tensor (1,)": "torch.zeros(1)",
    "a large tensor": "torch.zeros(3, 4, 5, dtype=torch.float64)",
    "tensors in a tuple": "(torch.zeros(3, 5), torch.zeros(()), {'i': 1, 'f': None})",
    "NaN of integers": "(torch.zeros(3, 4, dtype=torch.int64), (torch.full((3, 5), torch.nan),) * 2)",
    "itself": "torch.nn.Identity()",
    "first argument": "arguments[0]",
    "all arguments": "arguments",
    "an error": "1 / 0",
}


@pytest.mark.parametrize("question", CODE)
def test_whatever_an_answer_returns_is_described(check, lab, question, turn):
    """No result makes a check fail itself; the message is one of the check's own. In each run every question gets a third of these results, and every result is used."""
    for about, value in share([*ODD.items()], 3, turn + CODE.index(question)):
        for name in lab.questions[question].names:
            function = f"def {name}(*arguments, **keywords):\n    return {value}"
            module = f"class {name}({name}):\n    def forward(self, *arguments, **keywords):\n        return {value}"
            for code in (function, module) if name[0].isupper() else (function,):
                result = check(question, names_with(lab, code))
                if about not in ("first argument",):
                    assert not result.passed_all, f"{name} returns {about}"
                assert "could not continue" not in repr(result), f"{name} returns {about}: {result}"
