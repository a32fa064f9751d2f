"""When two answers count as the same, so that a mistake is named after a chaff."""

from __future__ import annotations

import torch

from gatelab.grading.alike import equal_answers


def test_failures_are_equal_only_if_their_messages_are_except_for_own_names() -> None:
    def answer(message: str) -> dict:
        return {"error": {"type": "RuntimeError", "message": message, "frames": [], "traceback": ""}}

    request = {"op": "load_state_dict", "arguments": {"state": {"weight_ih_l0": torch.zeros(1)}}}
    lacking = answer('Missing key(s): "W". Unexpected key(s): "weight_ih_l0".')
    assert equal_answers(
        lacking, answer('Missing key(s): "w_x". Unexpected key(s): "weight_ih_l0".'), request
    )
    for other in (
        'Unexpected key(s): "weight_ih_l0".',
        'Missing key(s): "W". Unexpected key(s): "mine".',
        "mat1 and mat2 shapes cannot be multiplied (3x5 and 4x20)",
    ):
        assert not equal_answers(lacking, answer(other), request)
    shapes = "mat1 and mat2 shapes cannot be multiplied ({} and 4x20)"
    assert not equal_answers(answer(shapes.format("3x5")), answer(shapes.format("2x5")), request)
