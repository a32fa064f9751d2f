"""`gatelab verify` and `gatelab fingerprints`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.cli.options import LabName, Root
from gatelab.folders import write_whole
from gatelab.lab.bank import BankError
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError
from gatelab.text import shown


def verify_command(
    seeds: Annotated[
        int, typer.Option(help="Grading seeds: wheat must pass and chaff lose the same parts at each.", min=1)
    ] = 3,
    chaff_seeds: Annotated[
        int | None,
        typer.Option(help="Seeds for the chaff, if not --seeds; there is ten times as much of it.", min=1),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Gradings at once.", min=1)] = 2,
    question: Annotated[list[str] | None, typer.Option(help="Only the chaff of this question.")] = None,
    training: Annotated[bool, typer.Option(help="Also the parts that train a model.")] = False,
    twice: Annotated[
        bool,
        typer.Option("--twice", help="Grade the bank again with another number of jobs; nothing may differ."),
    ] = False,
    kept: Annotated[
        Path | None,
        typer.Option(help="File with the results of earlier runs; only what is new is graded."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The matrix goes to OUT/<lab>/matrix.html and matrix.md."),
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="Also put the table into this page, between its marks.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Test the suites: every wheat must pass, every chaff must fail its own question and no other.

    Exit code 1: some do not, or two gradings differ.

    Example: gatelab verify --question q3 --seeds 1
    """
    from gatelab.audit.kept import Kept
    from gatelab.audit.matrix import into_readme, markdown, show, write_pages
    from gatelab.audit.verify import Matrix, differences, verify
    from gatelab.grading.engine import Engine
    from gatelab.lab.bank import load_bank

    console = Console()
    lab = chosen_lab(root, lab_name)
    bank = load_bank(lab)
    lab.check_questions(question or (), "--question")
    for id in question or ():
        if not lab.has_reference(id):
            raise LabError(
                f"--question {id}: has no reference solution, so there is no bank to grade it with."
            )

    first = lab.settings.seed
    every, for_chaff = (tuple(range(first, first + number)) for number in (seeds, chaff_seeds or seeds))

    def graded(jobs: int, seeds: tuple[int, ...], repeated: bool = False) -> Matrix:
        with Engine(lab, jobs=jobs) as engine:
            return verify(
                engine, bank, seeds, tuple(question or ()), training,
                everywhere=not repeated, chaff_seeds=for_chaff if len(seeds) > 1 else (),
                progress=lambda line: Console(stderr=True).print(f"… {line}", markup=False), kept=Kept(kept),
            )  # fmt: skip

    matrix = graded(jobs, every)
    show(matrix, lab, console)
    table = markdown(matrix, lab)
    if out is not None:
        for path in write_pages(matrix, lab, table, out / lab.assignment.name):
            console.print(f"wrote {path}", markup=False)
    if readme is not None and not into_readme(readme, table, lab.assignment.name):
        console.print(f"{readme}: has no marks for the table; it was left as it is.", markup=False)
    different = []
    if twice:
        again = 1 if jobs > 1 else 2
        # Every chaff and every wheat; other seeds change the inputs, not the code.
        second = graded(again, every[:1], repeated=True)
        gradings = list(second.told)
        different = differences(matrix, second, gradings)
        console.print(
            f"{len(gradings)} gradings with --jobs {jobs} and again with --jobs {again}: {len(different)} differ",
            highlight=False,
        )
        for difference in different:
            console.print(difference, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1 if matrix.faults or different else 0)


def misses_command(
    graded: Annotated[
        Path, typer.Argument(help="The folder that `gatelab grade` wrote (its -o).", show_default=False)
    ],
    most: Annotated[int, typer.Option(help="Groups that are shown.", min=1)] = 5,
    draft: Annotated[int, typer.Option(help="Write a chaff file for the group with this number.", min=0)] = 0,
    name: Annotated[str, typer.Option(help="The mistake's name, as in bias-left-out.")] = "",
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Show a class's wrong answers that no known mistake explains, grouped by what they compute, largest groups first.

    Example: gatelab misses out --draft 1 --name bias-left-out
    """
    from gatelab.audit.misses import draft as write_draft
    from gatelab.audit.misses import misses

    console = Console(soft_wrap=True, highlight=False)
    lab = chosen_lab(root, lab_name)
    found, named = misses(graded)
    if draft > len(found):
        raise BankError(f"There is no group {draft}; there are {len(found)}.")
    path = write_draft(lab, found[draft - 1], name) if draft else None
    if path is not None:
        question = found[draft - 1].question
        console.print(
            f"wrote {path}. Read its code first: the grader runs it without confinement. Write its two sentences and "
            f"its credit, then run gatelab verify --question {question}, gatelab fingerprints --question {question} and gatelab build.",
            markup=False,
        )
        return
    count = sum(len(miss.who) for miss in found)
    console.print(f"{named} wrong answers have a name, {count} have none, in {len(found)} groups.")
    for number, miss in enumerate(found[:most], 1):
        console.rule(f"group {number}: {miss.question}, {len(miss.who)} alike")
        who = ", ".join(miss.who[:8]) + (", …" if len(miss.who) > 8 else "")
        for line in (who, f"lost: {', '.join(miss.lost)}", miss.message, "", miss.code or "(no code)"):
            console.print(shown(line), markup=False)
    if found:
        more = len(found) - most
        console.rule(f"{more} more groups: --most {len(found)}" if more > 0 else "")
        console.print(
            f"To name one: gatelab misses {graded} --draft 1 --name bias-left-out, with a name that says what is wrong.",
            markup=False,
        )


def ambush_command(
    question: Annotated[list[str] | None, typer.Option(help="Only this question.")] = None,
    jobs: Annotated[int, typer.Option(help="Checks at once.", min=1)] = 2,
    seconds: Annotated[int, typer.Option(help="Processor time of one.", min=1)] = 12,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page goes to OUT/<lab>/ambush.md.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Find wrong work that passes every public check and then loses more than 5 % of a question.

    Example: gatelab ambush --question q3
    """
    from gatelab.audit.ambush import page, tally
    from gatelab.cli.mutate import mutated
    from gatelab.lab.bank import load_bank

    console = Console(soft_wrap=True, highlight=False)
    lab = chosen_lab(root, lab_name)
    lab.check_questions(question or (), "--question")
    chosen = [id for id in mutated(lab) if not question or id in question]
    results = tally(
        lab, load_bank(lab), chosen, jobs, lab.settings.seed, seconds,
        lambda line: Console(stderr=True).print(f"… {line}", markup=False),
    )  # fmt: skip
    text = page(results, lab.settings.seed)
    console.print(text, markup=False)
    if out is not None:
        folder = out / lab.assignment.name
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "ambush.md", text)


def fingerprints_command(
    question: Annotated[
        list[str] | None, typer.Option(help="Only this question; the others stay as they are.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Write the numbers by which the public checks recognise mistakes, computed from the chaff.

    Example: gatelab fingerprints --question q3
    """
    from gatelab.audit.fingerprints import write_fingerprints

    lab = chosen_lab(root, lab_name)
    lab.check_questions(question or (), "--question")
    typer.echo(write_fingerprints(lab, question or ()))
