"""A notebook's cells, run without a kernel: what a student's notebook defines is there while it is graded.

Statement by statement: one that fails costs what it defines and nothing else; when a cell's time is up, its
imports, definitions and assignments still happen. Experiments that are unchanged from the handed-out notebook are
put off until a question needs a name that they give (`Pending`), and so is what is made from them.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import time
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gatelab.limits import PREPARE_CPU, REST_CPU
from gatelab.sandbox.worker.absent import name_by_name, without_missing
from gatelab.sandbox.worker.asked import Asked
from gatelab.sandbox.worker.budget import TimeUp, within
from gatelab.sandbox.worker.devices import asks_for_gpu, choose_processor, misses_gpu
from gatelab.sandbox.worker.history import History
from gatelab.sandbox.worker.lines import source_lines
from gatelab.sandbox.worker.loops import move_on, the_loop
from gatelab.sandbox.worker.needs import needs
from gatelab.sandbox.worker.pending import Pending
from gatelab.sandbox.worker.runtime import describe
from gatelab.sandbox.worker.shell import new_shell
from gatelab.sandbox.worker.statements import Statement, cell_magic, statements

Branch = list[Statement]
FUTURE = 0x1FE0000  # flags of `from __future__ import …` in a code object


@dataclass(frozen=True)
class Known:
    """What a worker gets of the notebook as it was handed out. Every student has it."""

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
        self.history = History()
        self.branches: dict[
            str, Branch
        ] = {}  # names that only code for a GPU, which did not run, would define
        self.below: list[Statement] | None = None  # below a deliberate stop: what would change something
        self.flags = 0
        self.unmet: list[tuple[Statement, str]] = []  # what missed a name, and the name
        self.failed: set[str] = set()  # names that a statement which raised would have given a value to

    def run_cell(self, source: str, index: int, seconds: float, quick: bool = False) -> dict[str, Any]:
        """Run one code cell in `seconds` of processor time; {"cpu": what it took, …}.

        `quick`: only its imports, definitions and assignments; how a cell that brought a worker down is run again.

        When something went wrong, also {"error": the first exception, "binds": what it would have defined}.
        """
        began = time.process_time()
        # Errors are shown, and `inspect.getsource` reads, the student's own lines.
        filename = f"cell {index}"
        self.history.look_at(source, index)
        text = [f"{line}\n" for line in source_lines(source)]
        linecache.cache[filename] = (len(source), None, text, filename)
        try:
            todo = statements(source, index)
        except BaseException as error:
            return {"cpu": 0.0, "error": describe(error)}
        found: dict[str, Any] = {}
        if self.shell.has_own_magic(cell_magic(source)):
            todo = self._under_own_magic(source, todo, seconds, found)
        for statement in self._run_some(todo, seconds, quick, found):
            self._run_some([statement], REST_CPU, True, found)
        self.shell.heard()
        with contextlib.suppress(BaseException), within(REST_CPU):
            move_on()
        return found | {"cpu": time.process_time() - began}

    def _under_own_magic(
        self, source: str, todo: list[Statement], seconds: float, found: dict[str, Any]
    ) -> list[Statement]:
        """Run a cell through a magic that the notebook defines itself, which may ignore the cell.

        If the magic ran the cell's definitions, returns them, to be run once more: each then has its line in the cell.
        """
        names = {name for statement in todo for name in statement.binds}
        before = {name: self.namespace.get(name) for name in names}
        self._run_some(statements(source, todo[0].cell, opened=False) if todo else [], seconds, False, found)
        if all(self.namespace.get(name) is value for name, value in before.items()):
            return []
        return [statement for statement in todo if statement.defines]

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
                    if statement.stops:
                        self.below = self.below or []
                        return []
        except TimeUp as error:
            _note(found, error, todo[at])
            return todo[at + 1 :]
        return []

    def _take(self, statement: Statement, found: dict[str, Any]) -> None:
        """Run a statement, or put it off.

        Names are not taken away, so that an answer has what it had when it was checked. What is below a deliberate stop
        is an old attempt and changes nothing, unless something is answered there for the first time.
        """
        if statement.removes:
            return
        if self.below is not None:
            if statement.binds & self.asked.names - self.asked.own.keys():
                changes, self.below = self.below, None
                for change in changes:
                    self._take(change, found)
            elif statement.binds & self.namespace.keys():
                self.below.append(statement)
                return
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
            self._fill(statement.reads)
            self._run_here(statement, found)
        except TimeUp:
            raise
        except BaseException as error:
            if not any(map(self._runs, _plainer(statement, error))):
                _note(found, error, statement)
                self.failed |= statement.binds
                if isinstance(error, NameError) and statement.quick:
                    self.unmet.append((statement, error.name or ""))
            else:
                self.history.note(statement, self.namespace)
        else:
            self.pending.names -= statement.binds
            self.history.note(statement, self.namespace)
            self._rest_of_try(statement)
            self._note_branches(statement)
        self.asked.look(statement, self.namespace)

    def _run_here(self, statement: Statement, found: dict[str, Any]) -> None:
        """Run it; once more on the processor where it misses a GPU, and with empty modules where it misses some."""
        try:
            self._run(statement)
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) or not self._is_in_part(statement):
                without_missing(lambda: self._run(statement), error)
            _note(found, error)
        except Exception as error:
            if not misses_gpu(str(error)) or not choose_processor():
                raise
            self._run(statement)

    def _is_in_part(self, statement: Statement) -> bool:
        """Whether it imports names of which an older version of the module has none or some; those are there now."""
        try:
            return name_by_name(statement.node, self.namespace)
        except ImportError:
            return False

    def _runs(self, statement: Statement) -> bool:
        """Run it, and whether it ran through."""
        try:
            self._run(statement)
        except TimeUp:
            raise
        except BaseException:
            return False
        return True

    def _rest_of_try(self, statement: Statement) -> None:
        """Define what a `try` did not get to because a module is missing here, and would define elsewhere."""
        if not isinstance(statement.node, ast.Try):
            return
        for node in statement.node.body:
            step = Statement(node, statement.cell)
            if step.binds and not step.binds & self.namespace.keys():
                self._runs(step)

    def _note_branches(self, statement: Statement) -> None:
        """`if torch.cuda.is_available(): device = …` without an `else`: what a notebook with a GPU has."""
        node: Any = statement.node
        while isinstance(node, ast.If):
            if asks_for_gpu(ast.unparse(node.test)):
                branch = [Statement(step, statement.cell) for step in node.body]
                for name in {name for step in branch for name in step.binds} - self.namespace.keys():
                    self.branches.setdefault(name, branch)
            node = node.orelse[0] if len(node.orelse) == 1 else None

    def _fill(self, names: Iterable[str]) -> None:
        """Define the names that only a branch for a GPU defines; the processor stands in for the GPU there."""
        for name in self.branches.keys() & set(names) - self.namespace.keys():
            choose_processor()
            for step in self.branches[name]:
                self._runs(step)

    def _run(self, statement: Statement) -> None:
        tree: ast.Module | ast.Expression = ast.Module([statement.node], [])
        if statement.shown and isinstance(statement.node, ast.Expr):
            tree = ast.Expression(statement.node.value)
        mode = "exec" if isinstance(tree, ast.Module) else "eval"
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(tree, f"cell {statement.cell}", mode, flags=flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURE
        if code.co_flags & 0x80:  # a coroutine: it awaits
            value = the_loop().run_until_complete(types.FunctionType(code, self.namespace)())
        else:
            value = eval(code, self.namespace)  # None for all but an expression
        if value is not None:
            self.shell.keep_shown(value)

    def _run_pending(self, names: set[str] | frozenset[str]) -> None:
        """Run what was put off and gives these names."""
        for statement in self.pending.take(names, self.namespace):
            kept = {
                name: self.namespace[name]
                for name in statement.binds - self.pending.owed
                if name in self.namespace
            }
            if not self._runs(statement):
                continue  # as in the notebook: what it defines is not there
            self.namespace.update(kept)
            self.asked.look(statement, self.namespace)

    def prepare(self, names: list[str], question: str = "") -> None:
        """Give the experiments' names that these functions and classes use, before a question calls them; and what they
        use as it was when the question's public check ran."""
        self.asked.settle(self.namespace)
        self.history.restore(names, question, self.namespace, self.asked)
        used = needs(names, self.namespace) | set(names)
        if self.branches:
            self._fill(used)
        wanted = self.pending.names & used
        # What an experiment below the check gives a name is another use of it.
        until = self.history.checked(question)
        if until is not None:
            above = self.pending.given_until(until)
            wanted -= {n for n in wanted - above if n in self.failed or self.history.stood(n, until)}
        if wanted:
            try:
                with within(PREPARE_CPU):
                    self._run_pending(wanted)
            except BaseException:
                return  # the student's code says what is missing when it is called

    def _run_unmet(self) -> None:
        """Definitions that missed a name which a cell below gives: the cells were run in another order."""
        tried: set[tuple[int, str]] = set()  # a name that is there now is waited for once
        while ready := [
            (statement, name)
            for statement, name in self.unmet
            if name in self.namespace
            and not statement.binds & self.namespace.keys()
            and (id(statement), name) not in tried
        ]:
            tried |= {(id(statement), name) for statement, name in ready}
            for statement, _ in ready:
                self._run_some([statement], REST_CPU, True, {})

    def settle(self) -> dict[str, Any]:
        """The notebook is loaded: asked names that have no answer ("missing"), those that were bound again to something
        else than an answer ("kept": {"name", "cell"}), those answered in two cells ("twice": {"name", "before", "cell"})."""
        self._run_unmet()
        twice = [{"name": n, "before": a, "cell": b} for n, (a, b) in sorted(self.asked.twice.items())]
        missing = sorted(self.asked.names - self.asked.own.keys())
        return {"missing": missing, "kept": self.asked.settle(self.namespace), "twice": twice}


def _plainer(statement: Statement, error: BaseException) -> Iterator[Statement]:
    """What is left of a definition that fails where its annotations or its decorators do."""
    late = statement.read_late(error)
    for kept in (late, statement.undecorated(), late and late.undecorated()):
        if kept is not None:
            yield kept


def _note(found: dict[str, Any], error: BaseException, failed: Statement | None = None) -> None:
    """Keep the first error of a cell, and all that its failed statements would have defined."""
    found.setdefault("error", describe(error))
    found.setdefault("binds", [])
    if failed is not None:
        found["binds"] += sorted(failed.binds - set(found["binds"]))
