"""What identifies a wrong answer that no known mistake explains: its values and its code, whatever their size."""

from __future__ import annotations

import ast
import time

import pytest
import torch

from gatelab.grading.signature import own_code, signature
from gatelab.testkit.trace import Exchange, Trace


def signed(value: object) -> str:
    request = {"op": "call", "arguments": {}}
    return signature(Trace("q1", [Exchange("a test", 1, request, {"value": value}, True)]))


def test_a_large_tensor_is_distinguished_from_another_without_writing_its_numbers() -> None:
    large = torch.zeros(3_000_000, 1, 1, 1, 1, 1, 1, 1, dtype=torch.int8)
    other = large.clone()
    other[-1] = 1
    began = time.process_time()
    assert signed(large) == signed(large.clone()) != signed(other)
    assert signed(large) != signed(large[:-1])
    assert time.process_time() - began < 2


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128, torch.bool, torch.bfloat16])
def test_a_large_tensor_of_any_kind_has_a_signature(dtype: torch.dtype) -> None:
    assert signed(torch.zeros(300_000, 2, dtype=dtype)) == signed(torch.zeros(300_000, 2, dtype=dtype))


def test_small_tensors_differ_by_their_numbers() -> None:
    assert signed(torch.tensor([1.0], dtype=torch.float64)) != signed(
        torch.tensor([2.0], dtype=torch.float64)
    )
    assert signed(torch.tensor([1])) != signed(torch.tensor([2]))
    assert signed(torch.zeros(9_000_000, 0, dtype=torch.int64)) != signed(torch.zeros(0, dtype=torch.int64))


MANY = {
    "short lines": "a=1\n" * 200_000,
    "one line": "a=1;" * 200_000 + "\n",
    "imports": "import a;" * 100_000 + "\n",
    "a chain": "".join(f"def f{n}(): f{n + 1}\n" for n in range(30_000)),
}


@pytest.mark.parametrize("kind", MANY)
def test_the_code_of_an_answer_among_any_number_of_statements_is_found(kind: str) -> None:
    answer = "def step(x):\n    return 'é', f0"
    began = time.process_time()
    code = own_code({1: MANY[kind] + answer}, ["step"], [])
    assert time.process_time() - began < 20
    if kind == "a chain":  # of which the answer is the end, and cut off
        assert code.startswith("def f0(): f1\n\n\ndef f1(): f2\n")
    else:
        assert code.endswith(answer)


def test_code_is_quoted_as_python_quotes_it() -> None:
    source = 'é = "é"; import os\r\nx = 1; import math as m\r\n@m.f\r\ndef step(x):\r\n    """é"""\r\n    return m, os\r\n'
    found = own_code({1: source}, ["step"], [])
    step = ast.parse(source).body[-1]
    assert found.endswith(str(ast.get_source_segment(source.replace("\r\n", "\n"), step)))
    assert found.startswith("import os\nimport math as m\n")
