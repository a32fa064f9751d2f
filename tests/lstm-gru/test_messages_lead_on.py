"""Mistakes that a solver makes on the way: a check's message is true and says where to look next."""

from __future__ import annotations

import re

import pytest
from public_checks import STEP, known_lines, names_with
from test_public_runs import shown

from gatelab.audit.fingerprints import namespace

pytestmark = pytest.mark.one_in(3, at=2)

LAYER = "class {name}({name}):\n    def {method}(self, *given, **named):\n        {body}"
SIZES = "The arguments were x (3, 4), h (3, 5), c (3, 5), w_ih (20, 4), w_hh (20, 5)"
OWN_INIT = "class GRU(nn.Module):\n    def {init}(self, input_size, hidden_size):\n        {first}\n        self.weight_ih = nn.Parameter(torch.zeros(3 * hidden_size, input_size))\n        {last}"  # fmt: skip

SAID = {  # question, code → what the message says, and (after "!") what it does not
    "a slip in a name of torch": ("q1", STEP + "return torch.sigmod(x)", "Did you mean `sigmoid`?"),
    "a slip in an argument's name": ("q1", STEP + "return x @ w_ih.T + b_i", "Did you mean `b_ih`?!docstring"),
    "a size that is no variable": ("q1", STEP + "return x[:, :H]", "names a size; it is not a variable"),
    "a module that is not imported": ("q1", "del torch\n" + STEP + "return torch.tanh(x)", "imports `torch` not run yet"),
    "an answer whose cell is not run": ("q7", "del last_valid", "`last_valid` is the answer to q6: run its cell!not right yet"),
    "a loss whose cell is not run": ("q11", "del sequence_loss", "`sequence_loss` is the answer to q9: run its cell!not right yet"),
    "a module's name taken for a size": ("q1", "F = 5\n" + STEP + "return F.relu(x)", "`F` is no longer a module!no longer a tensor"),
    "a product that does not fit": ("q1", STEP + "return x @ w_ih", SIZES),
    "too many parts": ("q1", STEP + "i, f, g = x.chunk(4, dim=1)", SIZES),
    "one number for math": ("q1", STEP + "return math.tanh(x)", "One number was needed"),
    "a value that comes later": ("q1", STEP + "return c * gain; gain = 1", "The name gets its value further down"),
    "an argument too few": ("q1", "def lstm_step(x, h, c): pass", "passes more than the definition takes"),
    "the name of a result": ("q1", "lstm_step = (1, 2)", "`lstm_step` is of type tuple and cannot be called"),
    "a generator": ("q1", STEP + "yield h", "a generator (`yield` makes one"),
    "another name": ("q1", "LSTM_Step = lstm_step; del lstm_step", "There is `LSTM_Step`; is that your answer? It must be called `lstm_step`"),
    "no such name, and others of the lab": ("q2", "del gru_step", "defines no `gru_step`!is that it"),
    "another name for the answers": ("q12", "answer = {}; globals().pop('answers', None)", "There is `answer`; is that your answer?"),
    "the stub's line below an answer": ("q6", "def last_valid(o, lengths):\n    x = o[:, 0]\n    raise NotImplementedError('q6: not written yet')", "of its cell, in `last_valid`, is still `raise!replace that line"),
    "a stub inside another method": ("q8", LAYER.format(name="Seq2Seq", method="step", body="raise NotImplementedError('q8: not written yet')"), "of its cell, in `step`, is `raise"),
    "a function taken for a method": ("q3", LAYER.format(name="GRU", method="forward", body="return self.gru_step()"), "is a function of the notebook, not of the object"),
    "a slip in an attribute": ("q8", LAYER.format(name="Seq2Seq", method="encode", body="return self.endcoder"), "Did you mean `encoder`?"),
    "forward under another name": ("q3", "class GRU(nn.Module):\n    def __init__(self, D, H): super().__init__()\n    def foward(self, x): pass", "has no parameter|It has `foward`: is that it?"),
    "one underscore too few": ("q3", OWN_INIT.format(init="_init_", first="super().__init__()", last=""), "Python looks for `__init__`"),
    "super() last": ("q3", OWN_INIT.format(init="__init__", first="", last="super().__init__()"), "comes first in a module's `__init__`"),
    "a state that was not given": ("q3", LAYER.format(name="GRU", method="forward", body="a, b = named.get('state')"), "is it an argument that was left out (`…=None`)"),
    "a first state in float64": ("q3", LAYER.format(name="GRU", method="forward", body="x, *state = given\n        h = state[0] if state else torch.zeros(len(x), self.weight_hh_l0.shape[1], dtype=torch.float64)\n        return super().forward(x, h)"), "does it take its dtype from x? Here that is float32"),
    "one bias for both": ("q3", LAYER.format(name="GRU", method="load_state_dict", body="super().load_state_dict(*given, **named)\n        self.bias_hh_l0 = self.bias_ih_l0"), "got the same numbers as b_ih and as b_hh"),
    "a return inside the loop": ("q3", LAYER.format(name="GRU", method="forward", body="o, h = super().forward(*given)\n        return o[:, :1], h"), "There is only one step. (Is there a `return` inside the loop?)"),
    "float32 made on the way": ("q3", LAYER.format(name="GRU", method="forward", body="o, h = super().forward(*given)\n        return torch.zeros(o.shape) + o.detach().float(), h"), "`x.new_zeros(…)`"),
    "a gradient of what was not watched": ("q4", "def gradient_norms(layer, x):\n    return torch.autograd.grad(layer(x)[0].sum(), x)[0]", "comes before the computation"),
    "gains in float64 of float32 gates": ("q4", "old = cell_path_gain\ndef cell_path_gain(forget_gates): return old(forget_gates).double()", "float32"),
    "logits in float64 from float32 weights": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return super().forward(*given).double()"), "logits have dtype torch.float64; expected torch.float32"),
    "float64 made beside float32 weights": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="h = super().forward(*given)\n        return h @ torch.eye(h.shape[1], dtype=torch.float64)"), "two dtypes"),
    "the length of a generator": ("q5", "def count_parameters(module): return len(module.parameters())", "loop over it"),
    "an index with a point": ("q6", "def last_valid(o, lengths): return o.gather(1, (lengths - 1.0)[:, None, None])", "indices must be int64; this tensor has another dtype."),
    "tokens without an embedding": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return self.recurrent(given[0])"), "Tokens are whole numbers: which part!two dtypes"),
    "one-hot tokens without an embedding": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return self.recurrent(F.one_hot(given[0], 7).double())"), "vectors that are not as long as its input size"),
    "a layer under another name": ("q7", "class SequenceClassifier(SequenceClassifier):\n    def __init__(self, *given):\n        super().__init__(*given)\n        self.lstm = self.recurrent\n        del self.recurrent", "The names are fixed in CONTRACT.md!is it an nn.Parameter"),
    "forward stops where encode does": ("q8", LAYER.format(name="Seq2Seq", method="encode", body="return given[0] @ given[1]"), "It is made of encode and step: fix these first"),
    "the wrong embedding": ("q8", LAYER.format(name="Seq2Seq", method="step", body="return self.target_embedding(given[0] + 99)"), "a token or an index that it has no row for"),
    "a Python bool where a tensor belongs": ("q8", LAYER.format(name="Seq2Seq", method="step", body="return torch.where(True, given[0], given[0].sum())"), 'after "got" are the types!didn\'t match because'),
    "classes on another axis": ("q9", "def sequence_loss(logits, targets, pad): return F.cross_entropy(logits, targets)", "the classes from axis 1"),
    "first tokens with a point": ("q10", "def greedy_decode(model, source, lengths, max_len, bos, *more, **named):\n    return model.step(torch.full((len(source),), float(bos)), model.encode(source, lengths))", "takes an int64 tensor of shape (3,)|given a float32 tensor"),
    "tokens chosen over the batch": ("q10", "def greedy_decode(model, source, lengths, max_len, bos, eos, *more, **named):\n    logits, state = model.step(torch.full_like(lengths, bos), model.encode(source, lengths))\n    return torch.where(lengths > 0, logits.argmax(dim=0), eos)", "here (3, 10), and the state. Along which axis"),
    "if of many": ("q10", "def greedy_decode(model, source, *given, **named):\n    if source[0] == 1: pass", "need one True or False"),
    "a place in the check's own code": ("q10", "def greedy_decode(model, *given, **named): return model(1)", "Script.forward() missing!<locals>"),
    "a number's backward": ("q11", "def training_step(*given, **named): (3.0).backward()", "a plain Python number, not a tensor"),
    "a local name beside IPython's": ("q3", "In = Out = []\n" + LAYER.format(name="LSTM", method="forward", body="outs = []\n        return torch.stack(out, dim=1)"), "Did you mean `outs`?!`Out`"),
    "a local name with an underscore": ("q2", "In = []\ndef gru_step(x, h, *weights):\n    in_ = x\n    return torch.tanh(i_n + h)", "Did you mean `in_`?!`In`"),
    "a slip in a name of Python": ("q6", "def last_valid(o, lengths): return [o[n] for n in rnage(3)]", "Did you mean `range`?"),
    "a slip and only IPython's name near": ("q1", "quit = exit = Out = 1\n" + STEP + "return ouT + exitt", "'ouT' is not defined!Did you mean"),
    "a local of an import's name": ("q1", STEP + "y = nn.functional.relu(x); nn = 3; return y", "The name gets its value further down!not run yet"),
    "a capital letter that is no size": ("q1", STEP + "return x + C", "Did you mean `c`?!names a size"),
    "a size where numbers were passed in": ("q7", "class SequenceClassifier(nn.Module):\n    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):\n        super().__init__()\n        self.head = nn.Linear(H, num_classes)", "Which of the arguments is it: `vocab_size`, `embedding_size`, `hidden_size`!off a tensor"),
    "a device that nobody set": ("q10", "def greedy_decode(model, source, *given, **named): return source.to(device)", "`device=source.device`"),
    "a layer taken for its class": ("q7", "class SequenceClassifier(nn.Module):\n    def __init__(self, vocab_size, embedding_size, hidden_size, num_classes, recurrent):\n        super().__init__()\n        self.recurrent = recurrent(embedding_size, hidden_size)", "`recurrent` is not a class but a layer that is already built!tensor"),
    "a name of another cell for an argument": ("q10", "model = 3\ndef greedy_decode(net, source, lengths, *given, **named): return model.encode(source, lengths)", "`model` is not an argument of `greedy_decode`!tensor"),
    "two equal numbers, one of an import's name": ("q1", "F = 5\n" + STEP + "five = 5; return five.relu()", "has no attribute 'relu'!no longer a module"),
    "an argument of an import's name": ("q6", "def last_valid(torch, lengths): return torch.stak()", "!of type Tensor, not the module"),
    "an argument left out": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return last_valid(given[0])"), "lacks something that the definition asks for!more than"),
    "a keyword of another name": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return last_valid(given[0], length=given[1])"), "no argument of that name"),
    "an argument passed twice": ("q7", LAYER.format(name="SequenceClassifier", method="forward", body="return last_valid(given[0], outputs=given[1])"), "passed twice"),
    "sum taken for a number": ("q5", "sum = 0\ndef count_parameters(module): return sum(p.numel() for p in module.parameters())", "`sum` is no longer Python's own: a cell gave the name another value (int)"),
    "range taken in the function": ("q4", "def cell_path_gain(gates):\n    range = 5\n    return [t for t in range(3)]", "In this function `range` is of type int|`range` is of type int here"),
    "a tensor called": ("q1", STEP + "return x(0)", "`x` is of type Tensor here, and `x(…)` calls it"),
    "forward outside the class": ("q7", "class SequenceClassifier(nn.Module):\n    def __init__(self, *given):\n        super().__init__()\n        self.embedding, self.head, self.recurrent = nn.Embedding(7, 4), nn.Linear(5, 3), given[-1]\ndef forward(self, tokens, lengths): pass", "A function `forward` with `self` is outside of any class: indent it"),
    "another method outside the class": ("q8", "del Seq2Seq.encode\ndef encode(self, source, lengths): pass", "A function `encode` with `self` is outside of any class"),
    "a method outside the class, called": ("q3", "def run(self, x): pass\n" + LAYER.format(name="GRU", method="forward", body="return self.run(given[0])"), "A function `run` with `self` is outside!without `self`"),
    "item of many": ("q10", "def greedy_decode(model, source, *given, **named): return source.item()", "One number was needed (by `.item()`"),
    "a range of a fraction": ("q6", "def last_valid(o, lengths): return [t for t in range(o[0, 0, 0])]", "its dtype is not an integer one!many"),
    "a dimension that is a tuple": ("q1", STEP + "return x.chunk(4, dim=(0, 1))", "must be int, not tuple!Tokens and indices|A tuple was used"),
    "places that are text": ("q1", STEP + "return x.chunk('4')", "must be int, not str!Tokens and indices"),
    "whole numbers times fractions": ("q1", STEP + "return torch.bmm(x[None], w_ih.T[None].long())", "two dtypes!ndices"),
    "a list indexed as a tensor": ("q6", "def last_valid(o, lengths): return list(o)[:, 0]", "only a tensor several!A tuple was used"),
    "a list for a tensor": ("q6", "def last_valid(o, lengths): return [o].mean(1)", "A list was used as if it were a tensor"),
    "a tuple for a list": ("q6", "def last_valid(o, lengths): return (o, o).append(o)", "has no attribute 'append'!as if it were a tensor"),
    "a number for a dict": ("q6", "def last_valid(o, lengths): return (3).keys()", "has no attribute 'keys'!not a tensor"),
    "an index of index_select": ("q6", "def last_valid(o, lengths): return o.index_select(1, lengths + 99)", "An embedding (or `index_select`)"),
    "split taken for the number of parts": ("q1", STEP + "i, f, g, o = (x @ w_ih.T).split(4, dim=1)", "`split` with 4 makes parts of length 4!The arguments were"),
    "split at four times the size": ("q1", STEP + "i, f, g, o = (x @ w_ih.T).split(4 * h.shape[1], dim=1)", "expected 4, got 1!`split` with"),
    "split along the last axis": ("q1", STEP + "i, f, g = torch.split(x @ w_ih.T, 2 * h.shape[1], 3)", "!`split` with"),
    "a layer of torch taken for a function": ("q1", STEP + "return nn.Sigmoid(x)", "what was built is called with the tensor!CONTRACT.md"),
    "sizes for a parameter": ("q3", "class GRU(nn.Module):\n    def __init__(self, D, H):\n        super().__init__()\n        self.weight_ih_l0 = nn.Parameter(3 * H, D)", "`nn.Parameter` takes a tensor; it was given a value of type int.!plain Python number"),
    "None for the answers": ("q12", "answers = None", "yours is a NoneType.!A value is None"),
    "a key that is no question": ("q12", "answers = {'c1': 'a', 'c13': 'b'}", "(c13 is not a question.)"),
}  # fmt: skip


@pytest.mark.parametrize("about", SAID)
def test_the_message_says_where_to_look_next(check, lab, about: str) -> None:
    question, code, says = SAID[about]
    names = names_with(lab, f"import math\nfrom torch import nn\nimport torch.nn.functional as F\n{code}")
    said = [r.test_case.failure_message for r in check(question, names).test_case_results if not r.passed]
    wanted, _, unwanted = says.partition("!")
    assert any(one in text for one in wanted.split("|") for text in said), said
    assert not unwanted or not any(unwanted in text for text in said), said
    assert not any("could not continue" in text for text in said)


OWN_LINES = {  # question, code of another cell, of the answer's cell → what is said of the lines
    "another question's answer": ("q7", "", LAYER.format(name="SequenceClassifier", method="forward", body="return last_valid(self.recurrent(self.embedding(given[0])), given[1])"), r"In your line \d+ of the cell of q6 \(`last_valid`\): .*\nThat line was reached from line 3 of the cell of q7: return last_valid\("),
    "a helper in a cell of its own": ("q1", "def logistic(v):\n    return torch.sigmoid(v, 1, 2)", STEP + "return logistic(x)", r"In your line 2 of another cell \(`logistic`\): return torch.*\nThat line was reached from line 2 of the cell of q1: return logistic\(x\)"),
    "a helper beside the answer": ("q1", "", "def logistic(v):\n    return torch.sigmoid(v, 1, 2)\n" + STEP + "return logistic(x)", r"In your line 2 of the cell: return torch(?!.*reached from)"),
}  # fmt: skip


@pytest.mark.parametrize("about", OWN_LINES)
def test_the_cell_of_a_line_is_the_one_that_it_is_in(check, lab, about: str) -> None:
    question, first, answer, says = OWN_LINES[about]
    names = namespace(lab)
    for k, cell in enumerate([f"import torch\n{lab.reference('q6')}", first, answer]):
        file = f"<cell {k} {about}>"
        known_lines(cell, file)
        exec(compile(cell, file, "exec"), names)
    [said, *_] = [
        r.test_case.failure_message for r in check(question, names).test_case_results if not r.passed
    ]
    assert re.search(says, said, re.DOTALL), said


def test_what_a_check_adds_is_not_part_of_the_students_line(check, lab) -> None:
    code = LAYER.format(name="Seq2Seq", method="encode", body="return given[0] @ given[1]")
    said = [r.test_case.failure_message for r in check("q8", names_with(lab, code)).test_case_results]
    assert any("\n(It is made of encode and step: fix these first.)" in (text or "") for text in said), said


RIGHT = "def last_valid(outputs, lengths):\n    return outputs[torch.arange(len(outputs)), lengths - 1]"
STUB = "def last_valid(outputs, lengths):\n    raise NotImplementedError('q6: not written yet')"
LOOP = "import time; from seqlab import limits; limits.PATIENCE_SECONDS = 0.2\ndef last_valid(outputs, lengths):\n    end = time.time() + 1\n    while time.time() < end:\n        pass\n    return outputs[torch.arange(len(outputs)), lengths - 1]"  # fmt: skip


def test_messages_in_a_kernel_know_other_cells_and_failed_runs(lab, tmp_path) -> None:
    """What only Jupyter knows: other cells, failed runs, loops without an end, and prints without number."""
    story = [
        (RIGHT, ""),
        (STUB, ""),
        ('grader.check("q6")', r"Another cell that defines `last_valid` was run earlier"),
        ("del last_valid\nlast_valid = {b}", ""),
        ('grader.check("q6")', r"defines `last_valid` failed \(NameError: name 'b' is not defined, line 2"),
        (LOOP, ""),
        ('grader.check("q6")', r"q6: this check is still running.*in `last_valid`, line [45] of the cell: (while|pass).*(passed|All)"),
        ("def last_valid(outputs, lengths):\n    print('here\\n' * 8)", ""),
        ('grader.check("q6")', r"^(?!(.*here){21}).*here.*… and \d+ more lines that your code prints.*`return` hands it back"),
    ]  # fmt: skip
    for (cell, says), output in zip(story, shown(lab, tmp_path, [cell for cell, _ in story]), strict=True):
        assert re.search(says, output, re.DOTALL), (cell, output)
