"""Solution regions: the lines between `# BEGIN SOLUTION` and `# END SOLUTION`."""

from __future__ import annotations

from nbformat import NotebookNode

BEGIN = "# BEGIN SOLUTION"
END = "# END SOLUTION"


def is_solution(cell: NotebookNode) -> bool:
    """Is this a cell in which a student writes?"""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def question_id(cell: NotebookNode) -> str:
    """The question a cell belongs to: `q1` for the grade_ids `q1`, `q1-solution`, `q1-gru-solution`."""
    return cell.metadata["nbgrader"]["grade_id"].split("-")[0]


def split(source: str) -> tuple[list[str], list[str]]:
    """Return the lines outside and the lines inside of the regions. Raises ValueError when markers do not pair up."""
    public, solution = [], []
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        if BEGIN in line:
            if inside:
                raise ValueError(f"line {number}: a second {BEGIN} before {END}")
            inside = True
        elif END in line:
            if not inside:
                raise ValueError(f"line {number}: {END} without {BEGIN}")
            inside = False
        else:
            (solution if inside else public).append(line)
    if inside:
        raise ValueError(f"{BEGIN} without {END}")
    return public, solution


def solution_lines(cell: NotebookNode) -> list[str]:
    """The lines of a cell that students must not see: its regions, or all of a solution cell that has none."""
    public, solution = split(cell.source)
    return public if is_solution(cell) and not solution else solution


def without_markers(source: str) -> str:
    """The solved source: everything but the marker lines."""
    return "\n".join(line for line in source.split("\n") if BEGIN not in line and END not in line)
