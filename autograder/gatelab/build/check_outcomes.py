"""Which checks did not pass while a notebook was executed, as data beside what the cell shows.

A check's result shows itself as text and HTML, for people. The kernel that executes the notebook adds what failed to the
output's metadata; it is taken out again before the notebook is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from nbformat import NotebookNode

KEY = "gatelab"  # in an output's metadata
# The kernel runs this before the first cell. It leaves no name behind, and otter is not imported until the notebook does so.
STARTUP = f"""
def listen():
    from IPython import get_ipython

    def failed(one):
        said = one.summary().partition("\\n")[2]  # below the heading
        return {{"id": one.name, "said": said}}

    def of_one(result):
        return {{}}, ({{}} if result.passed_all else {{{KEY!r}: [failed(result)]}})

    def of_all(results):
        found = [failed(one) for one in results.results.values() if not one.passed_all]
        return {{}}, ({{{KEY!r}: found}} if found else {{}})

    bundles = get_ipython().display_formatter.mimebundle_formatter
    bundles.for_type_by_name("otter.test_files.abstract_test", "TestFile", of_one)
    bundles.for_type_by_name("otter.test_files", "GradingResults", of_all)


listen()
del listen
"""


class Failed(TypedDict):
    """A check that did not pass, and what it said."""

    id: str
    said: str


def listen(ipython: Path) -> None:
    """Let the kernel with this IPYTHONDIR record them."""
    startup = ipython / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "checks.py").write_text(STARTUP, encoding="utf-8")


def taken_from(output: NotebookNode) -> list[Failed]:
    """The checks that this output shows and that did not pass; afterwards its metadata does not say so any more."""
    found: list[Failed] = output.get("metadata", {}).pop(KEY, [])
    return found
