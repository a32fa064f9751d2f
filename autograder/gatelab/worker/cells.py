"""A notebook's cells, run without a kernel: what a student's notebook defines is there while it is graded.

Statement by statement: one that fails costs what it defines and nothing else; when the time of a cell is up, its
imports, definitions and assignments still happen. Experiments that stand in the notebook as it was handed out are
put off until a question needs a name that they give (`Pending`), and so is what is made from them.
"""

from __future__ import annotations

import ast
import linecache
import time
import types
from dataclasses import dataclass, field
from typing import Any

from .asked import Asked
from .budget import TimeUp, within
from .lines import source_lines
from .needs import needs
from .pending import Pending
from .runtime import describe
from .shell import Loop, new_shell
from .statements import Statement, statements
from .surroundings import choose_processor, misses_gpu

REST_SECONDS = 1.0  # for what still happens in a cell whose time is up
PREPARE_SECONDS = 20.0  # for the experiments that one question needs
FUTURE = 0x1FE0000  # flags of `from __future__ import …` in a code object


@dataclass(frozen=True)
class Known:
    """What a worker is told of the notebook as it was handed out. Every student has it."""

    experiments: frozenset[str] = frozenset()  # fingerprints of statements
    stubs: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()  # names that the questions ask for


@dataclass
class Notebook:
    """The loaded notebook."""

    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        self.shell = new_shell()
        self.namespace: dict[str, Any] = self.shell.user_ns
        self.pending = Pending()
        self.asked = Asked(self.known.asked, self.known.stubs)
        self.flags = 0
        self.loop: Loop | None = None

    def run_cell(self, source: str, index: int, seconds: float, quick: bool = False) -> dict[str, Any]:
        """Run one code cell in `seconds` of processor time; {"cpu": what it took, …}.

        `quick`: only its imports, definitions and assignments; how a cell that brought a worker down is run again.

        When something went wrong, also {"error": the first exception, "binds": what it would have defined}.
        """
        began = time.process_time()
        # Errors are shown, and `inspect.getsource` reads, the student's own lines.
        filename = f"cell {index}"
        text = [f"{line}\n" for line in source_lines(source)]
        linecache.cache[filename] = (len(source), None, text, filename)
        try:
            todo = statements(source, index)
        except BaseException as error:
            return {"cpu": 0.0, "error": describe(error)}
        found: dict[str, Any] = {}
        for statement in self._run_some(todo, seconds, quick, found):
            self._run_some([statement], REST_SECONDS, True, found)
        return found | {"cpu": time.process_time() - began}

    def _run_some(
        self, todo: list[Statement], seconds: float, quick: bool, found: dict[str, Any]
    ) -> list[Statement]:
        """Run statements; what is left of them when the time is up."""
        at = 0
        try:
            with within(seconds):
                for at, statement in enumerate(todo):  # noqa: B007
                    if not quick or statement.quick:
                        self._take(statement, found)
        except TimeUp as error:
            _note(found, error, todo[at])
            return todo[at + 1 :]
        return []

    def _take(self, statement: Statement, found: dict[str, Any]) -> None:
        """Run a statement, or put it off."""
        known = statement.fingerprint in self.known.experiments and not statement.defines
        waits = self.pending.names and self.pending.names & needs(statement.reads, self.namespace)
        if (known and not statement.constant) or (waits and not statement.defines):
            self.pending.put_off(statement, known, self.namespace)
            return
        if waits:
            self._run_pending(waits)
        if self.asked.is_spare_stub(statement):
            return
        try:
            try:
                self._run(statement)
            except (RuntimeError, AssertionError, NotImplementedError) as error:
                if not misses_gpu(str(error)) or not choose_processor():
                    raise
                self._run(statement)
        except TimeUp:
            raise
        except BaseException as error:
            _note(found, error, statement)
        else:
            self.pending.names -= statement.binds
        self.asked.look(statement, self.namespace)

    def _run(self, statement: Statement) -> None:
        tree = ast.Module([statement.node], [])
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(tree, f"cell {statement.cell}", "exec", flags=flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURE
        if code.co_flags & 0x80:  # a coroutine: it awaits
            self.loop = self.loop or Loop()
            self.loop.run_until_complete(types.FunctionType(code, self.namespace)())
        else:
            exec(code, self.namespace)

    def _run_pending(self, names: set[str] | frozenset[str]) -> None:
        """Run what was put off and gives these names."""
        for statement in self.pending.take(names, self.namespace):
            kept = {
                name: self.namespace[name]
                for name in statement.binds - self.pending.owed
                if name in self.namespace
            }
            try:
                self._run(statement)
            except TimeUp:
                raise
            except BaseException:
                continue  # as in the notebook: what it defines is not there
            self.namespace.update(kept)
            self.asked.look(statement, self.namespace)

    def prepare(self, names: list[str]) -> None:
        """Give the experiments' names that these functions and classes use, before a question calls them."""
        self.asked.settle(self.namespace)
        wanted = self.pending.names & (needs(names, self.namespace) | set(names))
        if wanted:
            try:
                with within(PREPARE_SECONDS):
                    self._run_pending(wanted)
            except BaseException:
                return  # the student's code says what is missing when it is called

    def settle(self) -> dict[str, Any]:
        """The notebook is loaded: asked names that have no answer ("missing"), those that were bound again to something
        else than an answer ("mended": {"name", "cell"}), those answered in two cells ("twice": {"name", "before", "cell"})."""
        twice = [{"name": n, "before": a, "cell": b} for n, (a, b) in sorted(self.asked.twice.items())]
        missing = sorted(self.asked.names - self.asked.own.keys())
        return {"missing": missing, "mended": self.asked.settle(self.namespace), "twice": twice}


def _note(found: dict[str, Any], error: BaseException, statement: Statement) -> None:
    """Keep the first error of a cell, and all that its failed statements would have defined."""
    found.setdefault("error", describe(error))
    found.setdefault("binds", [])
    found["binds"] += sorted(statement.binds - set(found["binds"]))
