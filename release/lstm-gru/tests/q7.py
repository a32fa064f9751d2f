"""Public check of q7: a small classifier with given weights, with and without padding."""

import torch
from torch import nn

from seqlab.checking import WHOLE, Check, Numbers, Part, Several, has_shapes, near, need, untouched

OK_FORMAT = False
name = "q7"
check = Check(name)

V, E, H, K = 7, 4, 5, 3
TOKENS = torch.tensor([[1, 2, 6, 3], [4, 0, 5, 2], [3, 3, 0, 1]])
LENGTHS = torch.tensor([2, 3, 1])
ORDER = torch.tensor([[1, 2, 6, 3, 3], [4, 6, 5, 2, 1], [3, 3, 6, 1, 5], [5, 1, 4, 2, 6]])
LOGITS = {WHOLE: Part(Several("logits"), "N K")}


class Own(nn.Module):
    """A layer of nobody's library: like yours, it takes x (N, T, E) and knows nothing else."""

    def __init__(self, E, H, batch_first):
        super().__init__()
        self.weight = nn.Parameter(torch.full((H, E), 0.5))

    def forward(self, x, state=None):
        outputs = (torch.cumsum(x, dim=1) @ self.weight.T).tanh()  # (N, T, H)
        return outputs, outputs[:, -1]


@check.calls
def calls(student):
    found = {}
    for layer, kind in (("nn.LSTM", nn.LSTM), ("nn.GRU", nn.GRU), ("a layer written by hand", Own)):
        recurrent = kind(E, H, batch_first=True)
        shapes = {f"recurrent.{name}": tuple(p.shape) for name, p in recurrent.state_dict().items()}
        shapes |= {"embedding.weight": (V, E), "head.weight": (K, H), "head.bias": (K,)}
        model = student.make(
            "SequenceClassifier", V, E, H, K, recurrent, weights=Numbers(seed=8).like(shapes)
        )
        student.look(model, "trainable", lambda m: sum(p.numel() for p in m.parameters() if p.requires_grad))

        def run(tokens, lengths, about, model=model, layer=layer):
            about = f"{layer}, {about}"
            return student.on(model, tokens, lengths, names="tokens lengths", about=about, gradients=[WHOLE])

        cut = [run(TOKENS[n : n + 1, :length], LENGTHS[n : n + 1], "cut") for n, length in enumerate(LENGTHS)]
        batch = run(TOKENS, LENGTHS, "3 sequences of lengths 2, 3, 1")
        found[layer] = (batch, cut, run(TOKENS, torch.tensor([4, 4, 4]), "no padding"))
        if kind is nn.LSTM:  # put in order, up or down, and back by the same order, these are not what they were
            found["order"] = run(ORDER, torch.tensor([2, 5, 1, 4]), "4 sequences of lengths 2, 5, 1, 4")
            student.look(model, "float32", lambda m: bool(m.float()))
            found["float32"] = run(TOKENS, LENGTHS, "the weights in float32")
    given = Own(E, H, batch_first=True)
    student.make("SequenceClassifier", V, E, H, K, given)  # which leaves its weights as they are
    found["q6"] = student.watch("last_valid", "what q7 needs of it", is_right)
    return found


def is_right(last_valid):
    """Whether last_valid gives each sequence its own step, passes its gradient on, keeps the dtype and changes nothing."""
    draw = Numbers(seed=9)
    for lengths, dtype in [([2, 5, 1, 4], torch.float64), ([3, 4, 4, 3], torch.float32), ([2], torch.float64)]:
        outputs, lengths = draw(len(lengths), 5, H, dtype=dtype), torch.tensor(lengths)
        outputs[torch.arange(5) >= lengths[:, None]] = 1e4
        outputs.requires_grad_()
        want = outputs[torch.arange(len(lengths)), lengths - 1]
        passed, known = outputs.clone(), lengths.clone()
        got = last_valid(passed, known)
        if not isinstance(got, torch.Tensor) or got.dtype != dtype or got.shape != want.shape:
            return False
        upstream = draw(len(lengths), H, dtype=dtype)
        right, mine = (torch.autograd.grad((end * upstream).sum(), outputs)[0] for end in (want, got))
        unchanged = torch.equal(passed, outputs) and torch.equal(known, lengths)
        if not (near(got, want) and near(mine, right) and unchanged):
            return False
    return True


@check.case("SequenceClassifier")
def classifier(found):
    q6 = found.pop("q6")
    with check.built_on("last_valid", "q6", q6.value is True):
        batches_and_order(found)


def batches_and_order(found):
    order, float32 = found.pop("order"), found.pop("float32")
    for batch, cut, whole in found.values():
        for call in (batch, whole, *cut):
            has_shapes(call, LOGITS, {WHOLE: (len(call.arguments[0]), K)})
            untouched(call)
        need(whole, torch.isfinite(whole.value).all(), "logits hold NaN or inf.")
        check.as_stored(whole, "the logits are not head(last output) with the weights given.")
        alone = torch.cat([call.value for call in cut])
        same = near(batch.value, alone)
        need(
            batch,
            same,
            "a padded sequence gets different logits from the same sequence cut to its length.",
        )
        check.as_stored(batch, "the logits, or their gradients, are not right.")
    has_shapes(order, LOGITS, {WHOLE: (4, K)})
    check.as_stored(order, "the logits are not right: does every sequence get its own, in the original order?")
    has_shapes(float32, LOGITS, {WHOLE: (len(TOKENS), K)})
    need(
        float32,
        float32.value.dtype == torch.float32,
        f"logits have dtype {float32.value.dtype}; expected torch.float32, as the weights here. What you make yourself "
        "takes its dtype from them.",
    )
    check.as_stored(float32, "right in float64, but not with weights in float32.")
