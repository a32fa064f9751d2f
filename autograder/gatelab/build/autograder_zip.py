"""The autograder zip: what Gradescope, `otter grade` and `otter run -a` take to grade the lab.

Layout (otter and Gradescope require the names in the first column):

    otter_config.json              the plugin and its settings
    setup.sh  environment.yml      make the image: interpreter, CPU build of torch, the pins of pyproject.toml
    requirements.txt  constraints.txt      … and what the lab asks for in its own requirements.txt
    run_autograder  run_otter.py   grade one submission
    not_graded.json                the result if neither produces one; WHY is replaced by the reason
    tests/q1.py …                  read the verdicts out, for otter's summary
    files/kit/                     the kit: gatelab, the lab's settings and students' package, the hidden suites, and the chaff that mistakes are named by

The kit is under `files/` because `otter grade` copies only that and `tests/` into its image. The masters, the solutions
and the wheat are left out. Of earlier releases only the cells are included, to recognise untouched work.
"""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import gatelab
from gatelab.folders import ZIP_DATE, replacing
from gatelab.lab import requirements
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import FILE as TABLE
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.model import Report
from gatelab.sandbox.confine import pieces
from gatelab.submission.earlier_releases import NAME as EARLIER

KIT = "files/kit"
PLUGIN = "gatelab.integrations.otter.plugin.GatelabPlugin"
EXCLUDED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".hypothesis", ".ruff_cache"}
SCRIPTS = ("setup.sh", "run_autograder")


def build_autograder_zip(
    lab: Lab,
    out: Path,
    *,
    seed: int | None = None,
    accept_missing: Sequence[str] = (),
    otter: Path | None = None,
) -> Path:
    """Write `<out>/<lab>-autograder-STAFF-ONLY.zip` and return its path.

    The same inputs give the same bytes: names are sorted, all dates are the same, and nothing is compressed
    (compressed bytes depend on the version of zlib). `otter` is the folder of the zip's own files, by default `autograder/gradescope`.
    Its name says whom it is for; the students' zip, `<lab>.zip`, is made by the build and contains only the release.

    Raises LabError if `out` is in a folder that is handed out to students.
    """
    handed_out = lab.assignment.parents[1] / "release"
    if Path(out).resolve().is_relative_to(handed_out):
        raise LabError(
            f"{out}: the autograder zip holds solutions, and this folder goes to students; take another one."
        )
    otter = otter or _gradescope_folder(lab)
    files = dict(_kit(lab))
    files["otter_config.json"] = _config(lab, lab.settings.seed if seed is None else seed, accept_missing)
    files["not_graded.json"] = _not_graded(lab)
    repository = otter.parents[1]
    files["requirements.txt"] = _requirements(repository / "pyproject.toml", lab)
    files["constraints.txt"] = _constraints(repository / "constraints.txt")
    for name in ("environment.yml", "run_otter.py", *SCRIPTS):
        files[name] = (otter / name).read_bytes()
    template = (otter / "read_out.py").read_text(encoding="utf-8")
    for spec in lab.questions.values():
        if not spec.by_hand:
            files[f"tests/{spec.id}.py"] = template.replace("QUESTION", spec.id).encode()
    if all(spec.by_hand for spec in lab.questions.values()):
        files["tests/none.txt"] = b"Every question is marked by hand.\n"  # otter copies this folder
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{lab.name}-autograder-STAFF-ONLY.zip"
    _write(path, files)
    return path


def _gradescope_folder(lab: Lab) -> Path:
    """`autograder/gradescope` of the lab's repository, or of the one that this package is run from. (If it is
    installed, the package next to it is otter-grader's own `otter`.)"""
    for place in (lab.assignment.parents[1] / "autograder", Path(gatelab.__file__).parents[1]):
        if (place / "gradescope" / "run_otter.py").is_file():
            return place / "gradescope"
    raise LabError(
        f"{lab.assignment.parents[1]}: has no autograder/gradescope; build the zip in the kit's repository."
    )


def _kit(lab: Lab) -> Iterator[tuple[str, bytes]]:
    """Name in the zip → bytes, laid out like the repository so that `Lab.in_repository` finds the lab."""
    package = Path(gatelab.__file__).parent
    assignment = f"{KIT}/assignment/{lab.assignment.name}"
    for name in (TABLE, requirements.FILE):  # the engine compares the second with what is installed
        if (lab.assignment / name).is_file():
            yield f"{assignment}/{name}", (lab.assignment / name).read_bytes()
    yield from _tree(lab.package, f"{assignment}/{lab.package.name}")
    if lab.release is not None and (lab.release / lab.notebook).is_file():
        # To tell what a student wrote from what was handed out.
        place = f"{KIT}/release/{lab.assignment.name}/{lab.notebook}"
        yield place, (lab.release / lab.notebook).read_bytes()
    if (lab.assignment / EARLIER).is_file():
        yield f"{assignment}/{EARLIER}", (lab.assignment / EARLIER).read_bytes()
    yield from _tree(package, f"{KIT}/autograder/gatelab")
    yield from _tree(lab.hidden, f"{KIT}/tests/{lab.assignment.name}/hidden")
    if lab.bank is not None:
        yield from _tree(lab.bank / "chaff", f"{KIT}/tests/{lab.assignment.name}/bank/chaff")


def _tree(folder: Path, place: str) -> Iterator[tuple[str, bytes]]:
    """The files of a folder and its subfolders, except those that Python and editors leave there."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if (
            path.is_file()
            and not path.is_symlink()
            and path.suffix != ".pyc"
            and not EXCLUDED.intersection(parts)
        ):
            yield "/".join((place, *parts)), path.read_bytes()


def _config(lab: Lab, seed: int, accept_missing: Sequence[str]) -> bytes:
    """otter's settings. No PDF and no token: a PDF would be made from the submission in the grader's own process."""
    settings = {
        "lab": lab.assignment.name,
        "seed": seed,
        "accept_missing": list(pieces(accept_missing)),
    }
    config = {
        "plugins": [{PLUGIN: settings}],
        "pdf": False,
        "show_stdout": False,
        "show_hidden": False,
        "logo": False,
    }
    return (json.dumps(config, indent=2) + "\n").encode()


def _not_graded(lab: Lab) -> bytes:
    """`results.json` of a submission for which the grader got no result, with all the usual fields."""
    for_student = "The grader WHY. This is not the notebook's fault: it will be graded again. Please tell the course staff."
    report = Report("", "failed", "The grader WHY.", for_student, lab=lab.name)
    results = gradescope_results(report, lab.questions.values())
    return (json.dumps(results, indent=1) + "\n").encode()


def _requirements(pyproject: Path, lab: Lab) -> bytes:
    """The pins of pyproject.toml, one per line, and what the lab's notebook needs besides, so that the image has no list of its own."""
    try:
        pins = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise LabError(
            f"{pyproject}: no dependencies found; build the zip in the kit's repository."
        ) from error
    known = {pin.name for pin in requirements.kit_pins(pins)}
    of_the_lab = [pin.line for pin in requirements.check(lab.assignment, pins) if pin.name not in known]
    return (
        "# From pyproject.toml. setup.sh takes torch from PyTorch's index of CPU builds.\n"
        + "".join(f"{line}\n" for line in [*pins, *of_the_lab])
    ).encode()


def _constraints(lock: Path) -> bytes:
    """The versions of the pins' dependencies."""
    try:
        return lock.read_bytes()
    except OSError as error:
        raise LabError(f"{lock}: the lock is missing; build the zip in the kit's repository.") from error


def _write(path: Path, files: dict[str, bytes]) -> None:
    with replacing(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as zip:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, ZIP_DATE)
            member.create_system = 3  # Unix, wherever it is built
            member.external_attr = (0o755 if name in SCRIPTS else 0o644) << 16
            zip.writestr(member, files[name])
