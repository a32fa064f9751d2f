"""The hash of a suite, by which a stored class run knows that its grades are up to date."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

from gatelab.report.record.hashes import _content

DOCUMENTED = '''"""A module."""
class Pool:
    """Only this."""
async def read():
    """A docstring."""
    return "not one"
def step(x):
    "a string first"
    y = x  # a comment
    """a later string, which stays"""
    return y
'''
BARE = '''class Pool: pass
async def read(): return "not one"
def step(x):
    y = x
    """a later string, which stays"""
    return y
'''


def hash_of(folder: Path, source: str) -> str:
    path = folder / "test_q1.py"
    path.write_text(source, encoding="utf-8")
    return _content("hidden", path)


def test_a_suite_with_other_comments_and_docstrings_has_the_same_hash(tmp_path: Path) -> None:
    assert hash_of(tmp_path, DOCUMENTED) == hash_of(tmp_path, BARE)
    assert hash_of(tmp_path, DOCUMENTED) != hash_of(tmp_path, BARE.replace("a later ", ""))


def test_the_hash_is_the_one_that_stored_class_runs_hold(tmp_path: Path) -> None:
    """Another formula would grade every stored class again."""
    tree = json.dumps([ast.dump(ast.parse(BARE))])
    assert hash_of(tmp_path, DOCUMENTED) == hashlib.sha256(tree.encode()).hexdigest()
