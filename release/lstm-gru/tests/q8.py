"""Public check of q8: an encoder-decoder with given weights, and one that shows which tokens its decoder reads.

While it runs, torch.nn.LSTM has the name LSTM, so that q8 does not depend on q3. Where it finds something then,
it looks once more with your own LSTM, if that is right.
"""

import torch

from seqlab.checking import (
    WHOLE,
    Check,
    Finding,
    Numbers,
    Part,
    Several,
    agree,
    has_shapes,
    near,
    near_at,
    need,
    returned,
    standins,
    untouched,
)

OK_FORMAT = False
name = "q8"
check = Check(name)

SOURCE_V, V, E, H, BOS = 6, 8, 4, 5, 3
SOURCE = torch.tensor([[3, 5, 2, 4], [2, 4, 0, 0], [5, 3, 4, 0]])
LENGTHS = torch.tensor([4, 2, 3])
TARGETS = torch.tensor([[4, 6, 3, 2], [5, 2, 7, 7], [3, 3, 6, 2]])
# Put in order, up or down, and back by the same order, these four are not what they were. What pads them is not 0.
ORDER = torch.tensor([[3, 5, 1, 1, 2], [2, 4, 5, 3, 1], [4, 2, 2, 1, 5], [5, 2, 3, 4, 1]])
STATE = {(0,): Part("h", "N H"), (1,): Part("c", "N H")}
NO_TOKEN = -1  # used where no token gives these logits


@check.calls
def calls(student):
    found = {"shift": [shift(student, [[5, 3, 4], [2, 2, 6]]), shift(student, [[7]])]}
    with student.given(LSTM=standins.LSTM, lstm_step=standins.lstm_step):
        model = student.make("Seq2Seq", SOURCE_V, V, E, H, BOS, weights=weights())
        found["bos"] = student.look(model, "bos", lambda model: model.bos)
        found["encode"] = encode(student, model, SOURCE, LENGTHS, "lengths 4, 2, 3")
        found["alone"] = [
            encode(student, model, SOURCE[n : n + 1, :k], LENGTHS[n : n + 1], "cut") for n, k in CUT
        ]
        found["order"] = encode(student, model, ORDER, torch.tensor([2, 5, 1, 4]), "lengths 2, 5, 1, 4")
        draw = Numbers(seed=9)
        found["state"] = draw(3, H), draw(3, H)
        found["step"] = student.on(
            model, torch.tensor([4, 1, 6]), found["state"], method="step", names="token state", gradients=[WHOLE]
        )
        alone = tuple(part[:1] for part in found["state"])
        found["one"] = student.on(
            model, torch.tensor([4]), alone, method="step", names="token state", about="one sequence"
        )
        found["one whole"] = student.on(model, SOURCE[:1], LENGTHS[:1], TARGETS[:1], about="one sequence")
        for forcing in (1.0, 0.0):
            found[forcing] = forward(student, model, TARGETS, forcing)
        found["default"] = student.on(model, SOURCE, LENGTHS, TARGETS, about="no forcing given")
        student.look(model, "model.eval()", lambda model: model.eval().training)
        found["eval"] = forward(student, model, TARGETS, 1.0, ", after model.eval()")
        student.look(model, "model.train()", lambda model: model.train().training)
        found["later"] = forward(student, model, torch.cat([TARGETS[:, :2], TARGETS[:, :2]], dim=1), 1.0)
        show = student.make("Seq2Seq", SOURCE_V, V, E, H, BOS, weights=showing(weights()))
        for forcing in (1.0, 0.0, 0.25, 0.6):
            found["read", forcing] = read(student, show, forcing)
    return found


CUT = [(0, 4), (1, 2), (2, 3)]


def shift(student, targets):
    return student.call(
        "shift_right", torch.tensor(targets), BOS, names="targets bos", about=f"targets {targets}"
    )


def encode(student, model, source, lengths, about):
    names = "source source_lengths"
    return student.on(model, source, lengths, method="encode", names=names, about=about, gradients=[WHOLE])


def forward(student, model, targets, forcing, more=""):
    names, about = "source source_lengths targets forcing", f"forcing = {forcing:g}{more}"
    return student.on(model, SOURCE, LENGTHS, targets, forcing, names=names, about=about, gradients=[WHOLE])


SEED = 66


def weights():
    """In float64; with this seed the model's own tokens change from step to step."""
    shapes = {"source_embedding.weight": (SOURCE_V, E), "target_embedding.weight": (V, E)}
    for layer in ("encoder", "decoder"):
        shapes |= {f"{layer}.weight_ih_l0": (4 * H, E), f"{layer}.weight_hh_l0": (4 * H, H)}
        shapes |= {f"{layer}.bias_ih_l0": (4 * H,), f"{layer}.bias_hh_l0": (4 * H,)}
    return Numbers(seed=SEED).like(shapes | {"head.weight": (V, H), "head.bias": (V,)})


def showing(weights):
    """A decoder without memory: its logits depend on the token just read alone, so they show which one it was.

    Tokens 4 to 7 never come out as the most likely one, so a target among them is never the model's own token.
    """
    weights["decoder.weight_hh_l0"][:] = 0
    weights["decoder.bias_ih_l0"][H : 2 * H] = -800
    weights["head.bias"][4:] = -50
    return weights


def read(student, show, forcing):
    """Which token did the decoder read at each step, and which was its own most likely one before?"""
    about = f"which tokens the decoder reads, forcing = {forcing:g}"
    if forcing in (0.0, 1.0):
        return student.look(show, about, lambda model: whole(*tokens(model, forcing, 3)[:2]))
    return student.look(
        show, about, lambda model: drawn([tokens(model, forcing, 50) for _ in range(5)], forcing)
    )


def tokens(model, forcing, count):
    """The tokens read, the model's own after each step, and which of those read were the true ones."""
    targets = torch.tensor([[5, 4, 6, 7, 5]]).expand(count, 5)
    source, lengths = torch.tensor([[3, 2]]).expand(count, 2), torch.full((count,), 2)
    with torch.no_grad():
        logits = model(source, lengths, targets, forcing)  # (N, T, V)
        x = model.target_embedding.weight[:, None]  # every token as a sequence of one step
        table = model.head(model.decoder(x, (x.new_zeros(V, H), x.new_zeros(V, H)))[0][:, 0])  # (V, V)
    same = near_at(*torch.broadcast_tensors(logits[:, :, None], table)).all(dim=-1)  # (N, T, V)
    token = torch.where(same.any(dim=-1), same.int().argmax(dim=-1), NO_TOKEN)
    return token, logits.argmax(dim=-1), token[:, 1:] == targets[:, :-1]


def whole(token, own):
    return {"read": token[0].tolist(), "own": own[0].tolist(), "all alike": bool((token == token[0]).all())}


def drawn(calls, forcing):
    """What the draws of several calls have in common."""
    token, own, forced = (torch.stack(part) for part in zip(*calls, strict=True))  # (calls, N, T)
    share = float(forced.double().mean())
    return {
        "first": token[..., 0].unique().tolist(),
        "other": bool((~forced & (token[..., 1:] != own[..., :-1])).any()),
        "share": "right"
        if abs(share - forcing) < 0.1
        else "complement"
        if abs(1 - share - forcing) < 0.1
        else "other",
        "calls differ": bool((forced != forced[:1]).any()),
        "sequences differ": bool((forced != forced[:, :1]).any()),
        "steps differ": bool((forced != forced[..., :1]).any()),
    }


@check.case("shift_right")
def shift_right(found):
    for call, want in zip(found["shift"], [[[3, 5, 3], [3, 2, 2]], [[3]]], strict=True):
        agree(call, call.like(lambda *_, want=want: torch.tensor(want)), {WHOLE: Part("the result", "N T")})
        untouched(call)


@check.case("Seq2Seq", "encode and step")
def parts(found):
    found["parts are right"] = False
    encode_and_step(found)
    found["parts are right"] = True


def encode_and_step(found):
    need(found["bos"], found["bos"].value == BOS, f"the attribute bos should be {BOS}, as given.")
    call = found["encode"]
    has_shapes(call, STATE, {(0,): (3, H), (1,): (3, H)})
    for n, alone in enumerate(found["alone"]):
        returned(alone, STATE)
        for path, part in STATE.items():
            same = near(call.leaves[path][n], alone.leaves[path][0])
            need(
                call, same, f"{part.name} of a padded source is not that of the same source cut to its length."
            )
    check.as_stored(
        call, "the state is not the encoder's after the last valid token, or its gradient is not right."
    )
    order = found["order"]
    has_shapes(order, STATE, {(0,): (4, H), (1,): (4, H)})
    check.as_stored(order, "the states are not right: does every source get its own, in the original order?")
    step = found["step"]
    spec = {(0,): Part(Several("logits"), "N V"), (1, 0): Part("h", "N H"), (1, 1): Part("c", "N H")}
    for call, n in [(step, 3), (found["one"], 1)]:
        has_shapes(call, spec, {(0,): (n, V), (1, 0): (n, H), (1, 1): (n, H)})
    given = all(torch.equal(step.leaves[1, k].detach(), was) for k, was in enumerate(found["state"]))
    need(
        step,
        not given,
        "the state it returns is the one it was given. The next step continues from the state that this one returns.",
    )
    check.as_stored(
        step,
        "the logits, the state that it returns, or a gradient is not right: it is one step of the decoder on this token from "
        "this state, and the head over what that step gives out.",
    )
    untouched(step)


@check.case("Seq2Seq", "forward")
def forward_pass(found):
    try:
        whole_forward(found)
    except Finding as finding:
        first = "" if found["parts are right"] else " (It is made of encode and step: fix these first.)"
        raise type(finding)(finding.call, f"{finding}{first}") from None


def whole_forward(found):
    forced = found[1.0]
    for call in (forced, found[0.0], found["default"], found["eval"]):
        has_shapes(call, {WHOLE: Part(Several("logits"), "N T V")}, {WHOLE: (3, 4, V)})
        untouched(call)
    has_shapes(found["one whole"], {WHOLE: Part(Several("logits"), "N T V")}, {WHOLE: (1, 4, V)})
    shown = found["read", 1.0]
    need(shown, True)
    tokens = shown.value["read"]
    strange = [t for t, token in enumerate(tokens) if token == NO_TOKEN]
    need(
        shown,
        not strange,
        f"the logits of step {[*strange, 0][0]} are not those of bos or of any other token, read by the decoder "
        "in the state from the step before. Are they what `step` should return, and from the decoder?",
    )
    need(shown, tokens[0] == BOS, f"at step 0 the decoder should read bos = {BOS}, it read {tokens[0]}.")
    need(shown, tokens == [BOS, 5, 4, 6, 7], f"targets are 5, 4, 6, 7, 5, and the decoder read {tokens}.")
    same = near(forced.value[:, :3], found["later"].value[:, :3])
    need(found["later"], same, "logits change with targets at the same step or later.")
    check.as_stored(forced, "the logits, or their gradients, are not right.")
    same = near(forced.value, found["default"].value)
    need(found["default"], same, "should be the same as forcing = 1, which is the default.")
    same = near(forced.value, found["eval"].value)
    need(found["eval"], same, "should be the same as in training mode: forcing alone decides what is read.")
    shown = found["read", 0.0]
    need(shown, True)
    tokens, own = shown.value["read"], shown.value["own"]
    need(
        shown,
        tokens == [BOS, *own[:-1]],
        f"its own most likely tokens were {own[:-1]}, and after bos it read "
        + ("something that is not a token." if NO_TOKEN in tokens else f"{tokens[1:]}."),
    )
    check.as_stored(found[0.0], "the logits, or their gradients, are not right.")
    for forcing in (0.25, 0.6):
        shown = found["read", forcing]
        need(shown, True)
        seen = shown.value
        need(
            shown,
            seen["first"] == [BOS] and not seen["other"],
            "it read tokens that are neither true nor its own.",
        )
        need(
            shown,
            seen["sequences differ"] and seen["steps differ"],
            "drawn again for every sequence and step?",
        )
        need(shown, seen["share"] == "right", f"the share of true tokens is not near {forcing:g}.")
