"""Shows the matrix of wheat and chaff: in the terminal, as a Markdown table and as an HTML page."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment
from rich.console import Console
from rich.table import Table

from gatelab.audit.matrix import Matrix
from gatelab.folders import write_whole
from gatelab.lab.spec import Lab
from gatelab.report.record.points import plural
from gatelab.text import html_with_code

COMMENT_MARKERS = ("<!-- the matrix of {lab}, written by gatelab verify -->", "<!-- end of the matrix -->")

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The suites, graded</title>
<style>
:root { color-scheme: light dark; background: Canvas; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
border-bottom: 1px solid #8884 } th { border-bottom: 2px solid } td.n { text-align: right }
td { overflow-wrap: anywhere } th { overflow-wrap: normal; hyphens: auto }
.bad { background: #d5430033 } code { font-size: .9em } .scroll { overflow-x: auto }
</style>
<h1>The suites, graded</h1>
<p>Every wheat (a correct solution in another style) must pass every hidden test; every chaff (a wrong solution with a
named misconception) must lose points in its own question, in no other, and be named.
Wheat was graded with {{ matrix.seeds|length|plural("seed") }}.
{%- if matrix.by_seed %} Chaff must lose the same parts at each of {{ (matrix.by_seed.values()|first).total() }} seeds (parts that train left out).{% endif %}
Points: by the parts, and in brackets with the follow-through credit of a mistake recognised in full.</p>
<div class="scroll" tabindex="0" role="group" aria-label="table"><table><tr><th>question</th><th></th><th>wheat gradings passed</th><th>chaff caught and named</th></tr>
{%- for id, title, passed, wheats, caught, chaffs in counts -%}
<tr><td><a href="#{{ id }}">{{ id }}</a></td><td>{{ title }}</td><td class='n'>{{ passed }} of {{ wheats }}</td><td class='n'>{{ caught }} of {{ chaffs }}</td></tr>
{%- endfor %}</table></div>
{%- if matrix.listed %}
<h2>Chaff that may lose other parts at other seeds</h2>
<div class="scroll" tabindex="0" role="group" aria-label="table"><table><tr><th>chaff</th><th>why</th><th>lost</th></tr>
{% for key, why in matrix.listed.items() %}
<tr><td><code>{{ key }}</code></td><td>{{ why|html_with_code }}</td><td>{% for parts, n in matrix.by_seed[key].most_common() %}{{ parts|join(", ") or "nothing" }} at {{ n|plural("seed") }}{{ "; " if not loop.last }}{% endfor %}</td></tr>
{% endfor %}</table></div>
{%- endif %}
<h2>Wheat</h2>
<p>Whole correct submissions, each put together from one wheat of every question.</p>
<div class="scroll" tabindex="0" role="group" aria-label="table"><table><tr><th>style</th><th>gradings passed</th></tr>
{% for style, passed, count in styles %}
<tr class="{{ '' if passed == count else 'bad' }}"><td>{{ style }}</td><td class="n">{{ passed }} of {{ count }}</td></tr>
{% endfor %}</table></div>
{% for question in questions %}
<h2 id="{{ question.id }}">{{ question.id }} · {{ question.title }}</h2>
<div class="scroll" tabindex="0" role="group" aria-label="table"><table><tr><th>chaff</th><th>misconception</th><th>parts lost</th><th>points of {{ "%g"|format(question.points) }}</th><th>lost elsewhere</th><th>named</th></tr>
{% for row in rows[question.id] %}
<tr class="{{ '' if row.caught and row.named_right else 'bad' }}"><td><code>{{ row.id }}</code></td><td>{{ row.misconception|html_with_code }}</td>
<td>{{ "not graded" if row.ungraded else row.lost|join(", ") }}</td><td class="n">{{ "%g"|format(row.earned) }}{% if row.points > row.earned %} ({{ "%g"|format(row.points) }}){% endif %}</td><td>{{ row.elsewhere|join(", ") }}</td><td>{{ "yes" if row.named_right else row.named or "no" }}</td></tr>
{% endfor %}</table></div>
{% endfor %}
</html>
"""


def counts(matrix: Matrix, lab: Lab) -> list[tuple[str, str, int, int, int, int]]:
    """(question, title, wheat gradings passed, wheat gradings, chaffs caught, chaffs) for each question with chaff; what could not be
    graded is not counted."""
    rows = []
    for id, spec in lab.questions.items():
        chaffs = [row for row in matrix.chaffs if row.question == id]
        if chaffs:
            wheats = [row for row in matrix.wheats if not row.ungraded]
            chaffs = [row for row in chaffs if not row.ungraded]
            passed = sum(all(part.question != id for part in w.lost) for w in wheats)
            caught = sum(row.caught and row.named_right for row in chaffs)
            rows.append((id, spec.title, passed, len(wheats), caught, len(chaffs)))
    return rows


def show(matrix: Matrix, lab: Lab, console: Console) -> None:
    """Print the counts and every fault."""
    table = Table("question", "", "wheat passed", "chaff caught and named")
    for id, title, passed, wheats, caught, chaffs in counts(matrix, lab):
        table.add_row(id, title, _of(passed, wheats), _of(caught, chaffs))
    console.print(table)
    for row in (row for row in matrix.chaffs if not row.ungraded):
        where = ", ".join(row.lost) or "nothing"
        console.print(f"{row.question}/{row.id}: lost {where}", markup=False, highlight=False, soft_wrap=True)
    for fault in matrix.faults:
        console.print(fault, style="red", markup=False, soft_wrap=True)


def _of(count: int, of: int) -> str:
    return f"{count} of {of}" if of else "not graded"


def markdown(matrix: Matrix, lab: Lab) -> str:
    """The counts as a Markdown table."""
    lines = ["| question | | wheat gradings passed | chaff caught and named |", "| --- | --- | --- | --- |"]
    total = [0, 0, 0, 0]
    for id, title, *numbers in counts(matrix, lab):
        lines.append("| {} | {} | {} of {} | {} of {} |".format(id, title, *numbers))
        total = [a + b for a, b in zip(total, numbers, strict=True)]
    lines.append("| | all | {} of {} | {} of {} |".format(*total))
    return "\n".join([*lines, "", graded(matrix)]) + "\n"


def graded(matrix: Matrix) -> str:
    """How many styles and seeds the counts cover."""
    at = max((seen.total() for seen in matrix.by_seed.values()), default=1)
    return (
        f"Wheat in {len({row.style for row in matrix.wheats})} styles, each at {plural(len(matrix.seeds), 'seed')}; "
        f"chaff at {plural(at, 'seed')}."
    )


def into_readme(readme: Path, table: str, lab: str) -> bool:
    """Put the Markdown table between the lab's comment markers in a Markdown page; returns False if the page has none."""
    begin = COMMENT_MARKERS[0].format(lab=lab)
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    before, start, rest = text.partition(begin)
    _, end, after = rest.partition(COMMENT_MARKERS[1])
    if not end:
        return False
    write_whole(readme, f"{before}{start}\n\n{table}\n{end}{after}")
    return True


def write_pages(matrix: Matrix, lab: Lab, table: str, out: Path) -> list[Path]:
    """Write matrix.html, and the Markdown table as matrix.md, into a folder; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    questions = [lab.questions[id] for id in dict.fromkeys(row.question for row in matrix.chaffs)]
    rows = {q.id: [row for row in matrix.chaffs if row.question == q.id] for q in questions}
    by_style: dict[str, list[bool]] = {}
    for row in matrix.wheats:
        by_style.setdefault(row.style, []).append(not row.lost)
    styles = [(style, sum(passed), len(passed)) for style, passed in by_style.items()]
    environment = Environment(autoescape=True)
    environment.filters.update(html_with_code=html_with_code, plural=plural)
    template = environment.from_string(PAGE)
    page = template.render(
        matrix=matrix, questions=questions, rows=rows, counts=counts(matrix, lab), styles=styles
    )
    paths = [out / "matrix.html", out / "matrix.md"]
    write_whole(paths[0], page + "\n")
    write_whole(paths[1], table)
    return paths
