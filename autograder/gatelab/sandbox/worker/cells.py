"""Runs a notebook's cells without a kernel, to define what the notebook defines.

Cells are run statement by statement: if a statement fails, only what it defines is missing; when a cell's time is up,
its imports, definitions and assignments are still run. Experiments that are unchanged from the handed-out notebook are
postponed until a question needs a name that they define (`Pending`), and so is whatever uses their results.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import time
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatelab.limits import PREPARE_CPU, REST_CPU
from gatelab.sandbox.worker.answer_tracker import AnswerTracker
from gatelab.sandbox.worker.budget import TimeUp, within
from gatelab.sandbox.worker.devices import asks_for_gpu, lacks_gpu, use_cpu_instead
from gatelab.sandbox.worker.history import History
from gatelab.sandbox.worker.lines import cell_file, source_lines
from gatelab.sandbox.worker.loops import run_pending_tasks, the_loop
from gatelab.sandbox.worker.missing_modules import import_available_names, run_with_empty_modules
from gatelab.sandbox.worker.names_read import names_read
from gatelab.sandbox.worker.pending import Pending
from gatelab.sandbox.worker.runtime import describe
from gatelab.sandbox.worker.shell import new_shell
from gatelab.sandbox.worker.statements import Place, Statement, cell_magic, statements
from gatelab.sandbox.worker.withheld import HITS
from gatelab.sandbox.worker.written_modules import WrittenModules

Branch = list[Statement]
FUTURE = 0x1FE0000  # flags of `from __future__ import …` in a code object


@dataclass(frozen=True)
class Known:
    """What a worker knows about the handed-out notebook, which every student has."""

    experiments: frozenset[str] = frozenset()  # fingerprints of statements
    stubs: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()  # names that the questions ask for
    shows: frozenset[str] = frozenset()  # names whose calls only draw or print


@dataclass
class Notebook:
    """The loaded notebook."""

    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        self.shell = new_shell()
        self.namespace: dict[str, Any] = self.shell.user_ns
        self.pending = Pending(self.known.shows)
        self.asked = AnswerTracker(self.known.asked, self.known.stubs)
        self.history = History()
        self.written = WrittenModules()
        # Names that would be defined only by code for a GPU, which did not run.
        self.branches: dict[str, Branch] = {}
        self.below: list[Statement] | None = (
            None  # below a deliberate stop: the statements that would change a name
        )
        self.flags = 0
        self.unmet: list[tuple[Statement, str]] = []  # statements that lacked a name, and the name
        self.failed: set[str] = set()  # names that statements which raised would have bound

    def run_cell(self, source: str, index: int, seconds: float, quick: bool = False) -> dict[str, Any]:
        """Run one code cell in `seconds` of processor time; {"cpu": what it took, …}.

        `quick`: run only its imports, definitions and assignments, as when a cell that crashed a worker is run again.

        If something went wrong, also {"error": the first exception, "binds": what would have been defined, "withheld": whether
        that exception followed a call of a withheld function}.
        """
        began = time.process_time()
        # So that tracebacks and `inspect.getsource` show the student's own lines.
        filename = cell_file(index)
        text = [f"{line}\n" for line in source_lines(source)]
        linecache.cache[filename] = (len(source), None, text, filename)
        try:
            todo = statements(source, index)
        except BaseException as error:
            self.history.begin_cell(source, index, [])
            return {"cpu": 0.0, "error": describe(error)}
        self.history.begin_cell(source, index, todo)
        found: dict[str, Any] = {}
        if self.shell.has_own_magic(cell_magic(source)):
            todo = self._under_own_magic(source, todo, seconds, found)
        for statement in self._run_statements(todo, seconds, quick, found):
            self._run_statements([statement], REST_CPU, True, found)
        self.shell.end_capture()
        with contextlib.suppress(BaseException), within(REST_CPU):
            run_pending_tasks()
        self.history.patches.record(index)
        return found | {"cpu": time.process_time() - began}

    def _under_own_magic(
        self, source: str, todo: list[Statement], seconds: float, found: dict[str, Any]
    ) -> list[Statement]:
        """Run a cell through a magic that the notebook defines itself, which may ignore the cell.

        If the magic ran the cell's definitions, returns them to be run again, so that each has its line number in the cell.
        """
        names = {name for statement in todo for name in statement.binds}
        before = {name: self.namespace.get(name) for name in names}
        self._run_statements(
            statements(source, todo[0].cell, unwrap=False) if todo else [], seconds, False, found
        )
        if all(self.namespace.get(name) is value for name, value in before.items()):
            return []
        return [statement for statement in todo if statement.defines]

    def _run_statements(
        self, todo: list[Statement], seconds: float, quick: bool, found: dict[str, Any]
    ) -> list[Statement]:
        """Run statements; returns those that are left when the time is up."""
        at = 0
        try:
            with within(seconds):
                for at, statement in enumerate(todo):  # noqa: B007
                    if not quick or statement.quick:
                        self._process(statement, found)
                    if statement.stops:
                        self.below = self.below or []
                        return []
        except TimeUp as error:
            _record_error(found, error, todo[at])
            return todo[at + 1 :]
        return []

    def _process(self, statement: Statement, found: dict[str, Any]) -> None:
        """Run a statement, or postpone it.

        Names are never deleted, so that an answer still has everything that it had when it was checked; `del` only restores
        builtins. Code below a deliberate stop counts as an old attempt and changes nothing, unless it answers something
        for the first time.
        """
        if statement.deletes:
            if self.below is None:
                self.history.record_deletion(statement, self.namespace)
            return
        if self.below is not None:
            if statement.binds & self.asked.names - self.asked.own.keys():
                changes, self.below = self.below, None
                for change in changes:
                    self._process(change, found)
            elif statement.binds & self.namespace.keys():
                self.below.append(statement)
                return
        known = statement.fingerprint in self.known.experiments and not statement.defines
        waits = self.pending.names and self.pending.names & names_read(statement.reads, self.namespace)
        if (known and not statement.constant) or (waits and not statement.defines):
            self.pending.postpone(statement, known, self.namespace)
            return
        if waits:
            self._run_pending(waits)
        if self.asked.is_redundant_stub(statement):
            return
        refused = len(HITS)
        try:
            self._define_from_branches(statement.reads)
            self._run_with_substitutes(statement, found)
        except TimeUp:
            raise
        except BaseException as error:
            if not any(map(self._run_succeeds, _simpler_forms(statement, error))):
                _record_error(found, error, statement, withheld=len(HITS) > refused)
                self.failed |= statement.binds
                if isinstance(error, NameError) and statement.quick:
                    self.unmet.append((statement, error.name or ""))
            else:
                self.history.record(statement, self.namespace)
        else:
            self.pending.names -= statement.binds
            self.history.record(statement, self.namespace)
            self._define_rest_of_try(statement)
            self._note_branches(statement)
        self.asked.record(statement, self.namespace)

    def _run_with_substitutes(self, statement: Statement, found: dict[str, Any]) -> None:
        """Run it. If it needs a GPU, run it again on the CPU; if it needs missing modules, run it again with empty ones."""
        try:
            self._run(statement)
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) or not self._imports_in_part(statement):
                run_with_empty_modules(lambda: self._run(statement), error)
            _record_error(found, error)
        except Exception as error:
            if not lacks_gpu(str(error)) or not use_cpu_instead():
                raise
            self._run(statement)

    def _imports_in_part(self, statement: Statement) -> bool:
        """Whether it imports names that the installed version of the module lacks; the other names are then imported."""
        try:
            return import_available_names(statement.node, self.namespace)
        except ImportError:
            return False

    def _run_succeeds(self, statement: Statement) -> bool:
        """Run it; returns whether it finished without an exception."""
        try:
            self._run(statement)
        except TimeUp:
            raise
        except BaseException:
            return False
        return True

    def _define_rest_of_try(self, statement: Statement) -> None:
        """Define what a `try` block did not reach because a module is missing here; elsewhere the block would define it."""
        if not isinstance(statement.node, ast.Try):
            return
        for node in statement.node.body:
            step = Statement(node, statement.cell)
            if step.binds and not step.binds & self.namespace.keys():
                self._run_succeeds(step)

    def _note_branches(self, statement: Statement) -> None:
        """Note names that only `if torch.cuda.is_available(): device = …` without an `else` would define, on a machine with a GPU."""
        node: Any = statement.node
        while isinstance(node, ast.If):
            if asks_for_gpu(ast.unparse(node.test)):
                branch = [Statement(step, statement.cell) for step in node.body]
                for name in {name for step in branch for name in step.binds} - self.namespace.keys():
                    self.branches.setdefault(name, branch)
            node = node.orelse[0] if len(node.orelse) == 1 else None

    def _define_from_branches(self, names: Iterable[str]) -> None:
        """Define names that only a branch for a GPU defines, using the CPU instead."""
        for name in self.branches.keys() & set(names) - self.namespace.keys():
            use_cpu_instead()
            for step in self.branches[name]:
                self._run_succeeds(step)

    def _run(self, statement: Statement) -> None:
        tree: ast.Module | ast.Expression = ast.Module([statement.node], [])
        if statement.shown and isinstance(statement.node, ast.Expr):
            tree = ast.Expression(statement.node.value)
        mode = "exec" if isinstance(tree, ast.Module) else "eval"
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(tree, cell_file(statement.cell), mode, flags=flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURE
        if code.co_flags & 0x80:  # a coroutine: it awaits
            value = the_loop().run_until_complete(types.FunctionType(code, self.namespace)())
        else:
            value = eval(code, self.namespace)  # None except for an expression
        if value is not None:
            self.shell.keep_shown(value)

    def _run_pending(self, names: set[str] | frozenset[str], until: int | None = None) -> None:
        """Run the postponed statements up to a cell that define these names."""
        for statement in self.pending.take(names, self.namespace, until):
            kept = {
                name: self.namespace[name]
                for name in statement.binds - self.pending.being_computed
                if name in self.namespace
            }
            if not self._run_succeeds(statement):
                continue  # as in the notebook, what it would define is missing
            self.namespace.update(kept)
            given = statement.binds & self.pending.being_computed & self.namespace.keys()
            self.history.record(statement, {name: self.namespace[name] for name in given})
            self.asked.record(statement, self.namespace)

    def prepare(self, names: list[str], question: str = "") -> None:
        """Before a question calls these functions and classes, define the experiments' names that they use, and restore the
        other names that they use to what they were when the question's public check ran."""
        self.asked.settle(self.namespace)
        self.history.restore(names, question, self.namespace, self.asked)
        used = names_read(names, self.namespace) | set(names)
        if self.branches:
            self._define_from_branches(used)
        answered = self.asked.last_answer(names)
        checked = self.history.checked(question, answered)
        until = answered if checked is None else checked
        given = self.pending.given_until(until)
        own = self._rebound_below(used, given, until)
        above, below = used & given.keys() - own, self.pending.names & used - given.keys() - own - self.failed
        if not above | below:
            return
        kept = {name: self.namespace[name] for name in own & self.namespace.keys()}
        # A name may also have been bound again below the check.
        self.pending.names |= above
        # If what they need fails, the student's code will raise when it is called.
        with contextlib.suppress(BaseException), within(PREPARE_CPU):
            self._run_pending(above, until)
            self._run_pending(below)
        self.namespace.update(kept)

    def _rebound_below(self, names: set[str], given: Mapping[str, Place], until: int) -> set[str]:
        """The names that the notebook, up to a cell, bound again below the last postponed statement that defines them."""
        places = {name: self.history.last_bound(name, until) for name in names}
        return {name for name, place in places.items() if place and place > given.get(name, (-1, 0, 0))}

    def _run_unmet(self) -> None:
        """Run definitions that lacked a name which a later cell defines: the student ran the cells in another order."""
        tried: set[tuple[int, str]] = set()  # each statement is retried once for each name
        while ready := [
            (statement, name)
            for statement, name in self.unmet
            if name in self.namespace
            and not statement.binds & self.namespace.keys()
            and (id(statement), name) not in tried
        ]:
            tried |= {(id(statement), name) for statement, name in ready}
            for statement, _ in ready:
                self._run_statements([statement], REST_CPU, True, {})

    def settle(self) -> dict[str, Any]:
        """Finish loading. Returns the asked names without an answer ("missing"), those later bound to something that is not
        an answer ("kept": {"name", "cell"}), and those answered in two cells ("twice": {"name", "before", "cell"})."""
        self._run_unmet()
        self.written.loaded()
        twice = [{"name": n, "before": a, "cell": b} for n, (a, b) in sorted(self.asked.twice.items())]
        missing = sorted(self.asked.names - self.asked.own.keys())
        return {"missing": missing, "kept": self.asked.settle(self.namespace), "twice": twice}


def _simpler_forms(statement: Statement, error: BaseException) -> Iterator[Statement]:
    """Simpler forms of a definition that may work if its annotations or decorators fail."""
    late = statement.with_lazy_annotations(error)
    for kept in (late, statement.undecorated(), late and late.undecorated()):
        if kept is not None:
            yield kept


def _record_error(
    found: dict[str, Any], error: BaseException, failed: Statement | None = None, withheld: bool = False
) -> None:
    """Record the first error of a cell, and everything that its failed statements would have defined."""
    if "error" not in found:
        found |= {"error": describe(error), "withheld": withheld, "binds": []}
    if failed is not None:
        found["binds"] += sorted(failed.binds - set(found["binds"]))
