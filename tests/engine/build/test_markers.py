"""Can a solution be released because of a typing mistake? Every misspelt marker still counts as one, or is an error that names the line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatelab.build import BuildError, master
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.notebooks import cell_of, load_notebook

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
ANSWER = (
    "# The differences between the logits of a row decide its probabilities, and their common size does not."
)
ANSWERED = f"# <!-- {BEGIN} -->\n{ANSWER}\n# <!-- {END} -->"
SECRET = "    powers = shifted.exp()\n"
Q1_HEAD = '# %% nbgrader={"grade_id": "q1-solution", "solution": true}'

# As typed instead of `# BEGIN SOLUTION` and `# END SOLUTION`.
SPELLINGS = [
    ("# BEGIN SOLUTON", "# END SOLUTON"),
    ("# begin solution", "# end solution"),
    ("# Begin Solution", "# End Solution"),
    ("#BEGIN SOLUTION", "#END SOLUTION"),
    ("#  BEGIN  SOLUTION", "#  END  SOLUTION"),
    ("# BEGINSOLUTION", "# ENDSOLUTION"),
    ("# BEGIN_SOLUTION", "# END_SOLUTION"),
    ("# BEGIN SOLUTION:", "# END SOLUTION:"),
    ("# BEGIN SOLUTION of q1, not for students", "# END SOLUTION of q1, not for students"),
    ("# BEIGN SOLUTION", "# EDN SOLUTION"),
    ("# BEGIN SLOUTION", "# END SLOUTION"),
    ("# BGN SLTN", "# ND SLTN"),
    ("# BEGIN SOL", "# END SOL"),
    ("# BEGIN SOLUTIONS", "# END SOLUTIONS"),
    ("# SOLUTION BEGIN", "# SOLUTION END"),
    ("# START SOLUTION", "# STOP SOLUTION"),
    ("# the solution begins here", "# the solution ends here"),
    ("# BEGIN ANSWER", "# END ANSWER"),
    ("# BEGIN", "# END"),
    ("# В\u0415GIN SОLUTIОN", "# \u0415ND SОLUTIОN"),
    ("#\u00a0BEGIN SOLUTION", "#\u00a0END SOLUTION"),
    ("# BEGIN\tSOLUTION", "# END\tSOLUTION"),
    ("# BEGIN SOL\u200bUTION", "# END SOL\u200bUTION"),
    ("## BEGIN SOLUTION", "## END SOLUTION"),
    ("### BEGIN SOLUTION", "### END SOLUTION"),
    ("# SOLUTION", "# SOLUTION"),
    ("# BEGIN SOLUTION NO PROMPT", "# END SOLUTION"),
    ("# BEGIN HIDDEN TESTS", "# END HIDDEN TESTS"),
    ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"),
    ("# BEGN HIDEN TEST", "# ND HIDEN TEST"),
    ("### BEGIN MARK SCHEME", "### END MARK SCHEME"),
    ("# BEGIN PROMPT", "# END PROMPT"),
    ("# BEGIN TESTS", "# END TESTS"),
    ("<!-- # BEGIN SOLUTION -->", "<!-- # END SOLUTION -->"),
    ("BEGIN SOLUTION", "END SOLUTION"),
    ("# xyzzy", "# plugh"),
    ("", ""),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kit.make_kit(tmp_path_factory.mktemp("course"))


def refusal(course: Path, text: str) -> str:
    """What the build says to this master; it must say one sentence that names the file."""
    build_kit.write_master(course, text)
    with pytest.raises(BuildError) as caught:
        converted(course)
    message = str(caught.value)
    assert "lab.py" in message
    assert "\n" not in message
    return message


def converted(course: Path):
    return master.convert(
        course / "assignment/softmax/lab.py",
        Lab.in_repository(course),
        Settings.of(Lab.in_repository(course)),
    )


def swap(old: str, new: str, count: int = 1) -> str:
    """The small master with one text replaced by another."""
    assert old in build_kit.MASTER
    return build_kit.MASTER.replace(old, new, count)


def line_of(text: str, part: str) -> int:
    return text.lstrip("\n").split("\n").index(part) + 1


@pytest.mark.parametrize(("begin", "end"), SPELLINGS)
@pytest.mark.parametrize("cell", ["q1-solution", "q3"])
def test_a_pair_of_misspelt_markers_next_to_a_right_pair_is_an_error(course, cell, begin, end):
    """In a cell of several regions: the one that hides the others' loss."""
    if cell == "q1-solution":
        second = f'\n\ndef second(x):\n    """Another."""\n    {begin}\n    return x * 41\n    {end}\n'
        text = swap('\n# %% nbgrader={"grade_id": "q1", ', f'{second}\n# %% nbgrader={{"grade_id": "q1", ')
    else:
        text = swap(ANSWERED, f"{ANSWERED}\n# {begin}\n# And a second answer that nobody may read.\n# {end}")
    assert cell in refusal(course, text)


@pytest.mark.parametrize(
    ("which", "begin", "end"),
    [
        (which, *pair)
        for which in ("both", "begin", "end")
        for pair in SPELLINGS
        if which != "end" or pair[1] != END
    ],
)
def test_a_misspelt_marker_of_the_only_region_is_an_error(course, which, begin, end):
    text = build_kit.MASTER
    if which != "end":
        text = text.replace(BEGIN, begin, 1)
    if which != "begin":
        text = text.replace(END, end, 1)
    assert "line " in refusal(course, text)


@pytest.mark.parametrize(
    ("head", "begin"),
    [
        (head, begin)
        for head in ("# %%", "# %% [markdown]", "# %% [raw]", '# %% tags=["experiment"]')
        for begin, _ in SPELLINGS
        if begin
        not in ("", "# xyzzy")  # not a marker to anybody; "the solution begins here" may be in a text
        and (head, begin) != ("# %% [markdown]", "# the solution begins here")
    ],
)
@pytest.mark.one_in(4)
def test_what_looks_like_a_marker_is_an_error_in_every_other_cell(course, head, begin):
    comment = "" if head in ("# %%", '# %% tags=["experiment"]') else "# "
    text = f"{build_kit.MASTER}\n{head}\n{comment}{begin}\n"
    message = refusal(course, text)
    assert f"line {len(text.lstrip().splitlines())} " in message or "valid Python" in message


@pytest.mark.parametrize("begin", [BEGIN, "# BEGIN SOLUTON", "### BEGIN SOLUTION"])
@pytest.mark.parametrize(
    "typed",
    [
        "    note = '''\n    {begin}\n    '''\n",
        "    note = '{begin}'\n",
        "    note = f'{begin}'\n",
        "    note = 1  {begin}\n",
    ],
)
def test_a_marker_in_a_string_or_behind_code_is_an_error(course, begin, typed):
    for mark in ("", "# GIVEN\n"):
        text = swap(f"    {BEGIN}\n", f"{mark}{typed.format(begin=begin)}    {BEGIN}\n")
        assert "q1-solution" in refusal(course, text)


def test_a_region_in_a_docstring_is_an_error(course):
    text = swap('    """Probabilities of logits."""\n', '    """Probabilities of logits.\n').replace(
        END, f'{END}\n    """', 1
    )
    assert "inside a string" in refusal(course, text)


FORMS = {
    "END before BEGIN": (lambda m: m.replace(BEGIN, "X", 1).replace(END, BEGIN, 1).replace("X", END, 1), "without # BEGIN"),
    "BEGIN twice": (lambda m: m.replace(f"    {BEGIN}\n", f"    {BEGIN}\n    {BEGIN}\n", 1), "a second # BEGIN"),
    "END twice": (lambda m: m.replace(f"    {END}\n", f"    {END}\n    {END}\n", 1), "# END SOLUTION without"),
    "nested": (
        lambda m: m.replace(SECRET, f"    {BEGIN}\n{SECRET}    {END}\n", 1),
        "a second # BEGIN",
    ),
    "no END": (lambda m: m.replace(f"    {END}\n", "", 1), "without # END"),
    "no BEGIN": (lambda m: m.replace(f"    {BEGIN}\n", "", 1), "without # BEGIN"),
    "no markers": (lambda m: m.replace(f"    {BEGIN}\n", "", 1).replace(f"    {END}\n", "", 1), "without a solution region"),
    "empty": (lambda m: m.replace(f"    {BEGIN}\n", f"    {BEGIN}\n    {END}\n", 1).replace(f"    {END}\n    return rows", "    return rows", 1), "outside of the solution regions|no statement"),
    "BEGIN a line late": (lambda m: re.sub(rf"(    {BEGIN}\n)(    shifted.*\n)", r"\2\1", m, count=1), "`shifted = logits -"),
    "END a line early": (lambda m: re.sub(rf"(    rows = .*\n)(    {END}\n)", r"\2\1", m, count=1), "`rows = powers"),
    "END below what is given": (
        lambda m: re.sub(rf"(    {END}\n)(    return .*\n)", r"\2\1", m, count=1),
        "GIVEN` is inside",
    ),
    "BEGIN at the margin": (lambda m: m.replace(f"    {BEGIN}", BEGIN, 1), "not indented"),
    "END at the margin": (lambda m: m.replace(f"    {END}", END, 1), "not indented"),
    "BEGIN too deep": (lambda m: m.replace(f"    {BEGIN}", f"        {BEGIN}", 1), "not indented"),
    "the whole function": (
        lambda m: m.replace(f"    {BEGIN}\n", "", 1).replace("def softmax", f"{BEGIN}\ndef softmax", 1)
        .replace(f"    {END}\n", "", 1).replace("return rows  # GIVEN", f"return rows\n{END}", 1),
        "holds the whole of softmax",
    ),
    "within a statement": (
        lambda m: m.replace(f"    {BEGIN}\n", "", 1).replace(SECRET, f"    powers = (\n    {BEGIN}\n    shifted.exp()\n    {END}\n    )\n", 1)
        .replace(f"    {END}\n    return rows", "    return rows", 1),
        "outside of the solution regions|inside a statement",
    ),
    "two in one function": (lambda m: m.replace(SECRET, f"    {END}\n{SECRET[:0]}    {BEGIN}\n{SECRET}", 1), "a second solution region"),
    "under an if": (
        lambda m: re.sub(rf"    {BEGIN}\n((?:.*\n)*?)    {END}\n", lambda g: f"    if logits is None:  # GIVEN\n        {BEGIN}\n        rows = 1\n        {END}\n", m, count=1),
        "inside a statement marked",
    ),
    "given, misspelt": (lambda m: m.replace("# GIVEN", "# GIVN", 1), "end its line with `# GIVEN`"),
    "given, in small letters": (lambda m: m.replace("# GIVEN", "# given", 1), "end its line with `# GIVEN`"),
    "given, on a line of its own": (lambda m: m.replace("  # GIVEN", "\n    # GIVEN", 1), "# GIVEN"),
    "a comment beside the region": (lambda m: m.replace(f"    {BEGIN}\n", f"    # shifted.exp() does it\n    {BEGIN}\n", 1), "the comment `# shifted"),
    "a comment behind the signature": (lambda m: m.replace("(logits):\n", "(logits):  # shift, then exp\n", 1), "the comment `# shift"),
    "a decorator": (lambda m: m.replace("def softmax", "@torch.jit.script\ndef softmax", 1), "a decorator"),
    "a second function without a region": (lambda m: m.replace("\ndef cross_entropy", "\ndef helper(x):\n    return x.exp()\n\ndef cross_entropy", 1), "outside of the solution regions"),
    "a function of one line": (lambda m: m.replace("\ndef cross_entropy", "\ndef helper(x): return x.exp()\n\ndef cross_entropy", 1), "outside of the solution regions"),
    "code behind a docstring": (lambda m: m.replace('of logits."""', 'of logits."""; rows = 2', 1), "outside of the solution regions"),
    "an async function": (lambda m: m.replace("def softmax", "async def softmax", 1), "async"),
    "no Python": (lambda m: m.replace("def softmax(", "def softmax(:", 1), "not valid Python"),
    "no Python's indentation": (lambda m: m.replace("    return rows", "  return rows", 1), "not valid Python"),
    "metadata in quotes": (lambda m: m.replace('nbgrader={"grade_id": "q1-solution", "solution": true}', 'nbgrader="q1-solution"', 1), "cannot be read"),
    "a number for an ID": (lambda m: m.replace('"grade_id": "q1-solution"', '"grade_id": 1', 1), "cannot be read"),
    "another name": (lambda m: m.replace("def softmax", "def sotfmax", 1), "asks for softmax"),
    "not a solution": (lambda m: m.replace('"q1-solution", "solution": true', '"q1-solution", "solution": false', 1), '"solution": true'),
    "solution misspelt": (lambda m: m.replace('"q1-solution", "solution"', '"q1-solution", "solutoin"', 1), "solut"),
    "no metadata": (lambda m: m.replace(Q1_HEAD, "# %%", 1), '"solution": true'),
    "metadata that cannot be read": (lambda m: m.replace('"grade_id": "q1-solution"', '"grade_id" "q1-solution"', 1), "."),
    "no head": (lambda m: m.replace(Q1_HEAD, "", 1), "."),
    "a markdown head": (lambda m: m.replace(Q1_HEAD, Q1_HEAD.replace("%%", "%% [markdown]"), 1), "."),
    "a raw head": (lambda m: m.replace(Q1_HEAD, Q1_HEAD.replace("%%", "%% [raw]"), 1), "."),
    "an answer in a code cell": (lambda m: m.replace("[markdown] nbgrader", "nbgrader", 1), "q3"),
    "an answer under a misspelt head": (lambda m: m.replace("[markdown] nbgrader", "[markdwon] nbgrader", 1), "."),
    "an answer without metadata": (lambda m: re.sub(r"\[markdown\] nbgrader=.*", "[markdown]", m), '"solution": true'),
    "an answer without anything": (lambda m: re.sub(r"\[markdown\] nbgrader=.*", "[markdown]", m).replace(ANSWERED, ANSWER), "q3"),
    "an answer without markers": (lambda m: m.replace(ANSWERED, ANSWER), "without a solution region"),
    "an answer beside the markers": (lambda m: m.replace(ANSWERED, f"{ANSWERED}\n{ANSWER}"), "text outside"),
    "an empty answer": (lambda m: m.replace(ANSWER, "#"), "is empty"),
    "a solution cell that is gone": (lambda m: m[: m.index(Q1_HEAD)] + m[m.index("# %% nbgrader={\"grade_id\": \"q1\","):], "no cell has the solution of q1"),
    "a check cell that is gone": (lambda m: m.replace('# %% nbgrader={"grade_id": "q1", "grade": true, "locked": true}\ngrader.check("q1")', "", 1), "no cell has the grade of q1"),
    "tests in a check cell": (lambda m: m.replace('grader.check("q1")', 'grader.check("q1")\nassert softmax', 1), "nothing else"),
    "another question's check": (lambda m: m.replace('grader.check("q1")', 'grader.check("q2")', 1), "nothing else"),
    "hidden tests in a check cell": (lambda m: m.replace('grader.check("q1")', 'grader.check("q1")\n### BEGIN HIDDEN TESTS\nassert softmax\n### END HIDDEN TESTS', 1), "BEGIN HIDDEN TESTS"),
    "the answer in another cell": (lambda m: m + "\n# %%\nif True:\n    def softmax(x):\n        return 17\n", "defines softmax"),
    "the answer as an assignment": (lambda m: m + "\n# %%\nsoftmax = lambda x: 17\n", "defines softmax"),
    "code in a default": (lambda m: m.replace("(logits):", "(logits, shift=lambda x: x.exp()):", 1), "the signature of softmax"),
    "code in an annotation": (lambda m: m.replace("(logits):", "(logits: print(4)):", 1), "the signature of softmax"),
    "a note that the page hides": (lambda m: m.replace("# # Two steps", "# # Two steps\n# <!-- the answer is b -->", 1), "HTML comment"),
    "a marker in capitals in a text": (lambda m: m.replace("# # Two steps", "# # Two steps\n# SOLUTION BEGINS HERE", 1), "looks like a marker"),
    "a raw head for a text": (lambda m: m.replace("# %% [markdown]\n# # Two", "# %% [raw]\n# BEGIN SOLUTION # Two", 1), "raw cell"),
    "a title in the cell's head": (lambda m: m.replace(Q1_HEAD, Q1_HEAD.replace("%%", "%% BEGIN SOLUTION"), 1), "title"),
    "a mark twice": (lambda m: m.replace("# GIVEN", "# GIVEN # GIVEN", 1), "twice"),
    "a region behind a return": (lambda m: m.replace(f"    {BEGIN}", f"    return None  # GIVEN\n    {BEGIN}", 1), "never be reached"),
    "an open string": (lambda m: m.replace('of logits."""', 'of logits."', 1), "q1-solution"),
    "a damaged head": (lambda m: "# ---\n# jupyter:\n#   kernelspec:\n#     name: python3\n# ---\n" + m, "jupytext cannot read it"),
    "a title in the file's head": (lambda m: "# ---\n# title: the answer is b\n# ---\n" + m.lstrip("\n"), "raw cell"),
    "a byte order mark": (lambda m: "\ufeff" + m.lstrip("\n"), "invisible"),
    "a key in the metadata": (lambda m: m + '\n# %% key="dcab"\nprint(1)\n', "would release key"),
    "a note in nbgrader's metadata": (lambda m: m.replace('"q1-solution",', '"q1-solution", "note": "shift",', 1), "nbgrader.note"),
    "a sentence as a tag": (lambda m: m.replace('tags=["experiment"]', 'tags=["the answer is b"]', 1), "tag"),
    "a title that is not shown": (lambda m: m.replace("# %%\nimport", "# %% shift, then exp\nimport", 1), "title"),
    "letters that run backwards": (lambda m: m.replace("    shifted =", "    # \u202e\n    shifted =", 1), "invisible"),
}  # fmt: skip


@pytest.mark.parametrize("slip", FORMS)
def test_a_slip_in_the_form_is_an_error(course, slip):
    edit, sentence = FORMS[slip]
    text = edit(build_kit.MASTER)
    assert text != build_kit.MASTER
    assert re.search(sentence, refusal(course, text))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(course, line_end):
    build_kit.write_master(course, build_kit.MASTER)
    sources = [cell.source for cell in converted(course).cells]
    path = course / "assignment/softmax/lab.py"
    path.write_bytes(build_kit.MASTER.lstrip("\n").replace("\n", line_end).encode())
    assert [cell.source for cell in converted(course).cells] == sources
    path.write_bytes(swap(BEGIN, "# BEGIN SOLUTON").lstrip("\n").replace("\n", line_end).encode())
    with pytest.raises(BuildError, match=r"line \d+ \(cell q1-solution\): `# BEGIN SOLUTON`"):
        converted(course)


def test_the_error_names_the_line_of_the_file_and_what_to_do(course):
    text = swap(BEGIN, "# BEGIN SOLUTON")
    message = refusal(course, text)
    assert f"line {line_of(text, '    # BEGIN SOLUTON')} (cell q1-solution)" in message
    assert f"write exactly `{BEGIN}` or `{END}`" in message
    text = swap("return rows  # GIVEN", "return rows")
    where = line_of(text, "    return rows")
    assert f"line {where} (cell q1-solution): `return rows" in refusal(course, text)
    text = swap(ANSWER, f"{ANSWER}\n# # BEGIN SOLUTIN")
    assert f"line {line_of(text, '# # BEGIN SOLUTIN')} (cell q3)" in refusal(course, text)


CLASS = '''
class Layer:
    """A layer."""

    size = 3  # GIVEN

    def __init__(self, size):
        super().__init__()  # GIVEN
        # BEGIN SOLUTION
        self.size = size + 41
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION
        return x + 4141
        # END SOLUTION

    @staticmethod  # GIVEN
    def shown(x):  # GIVEN
        return x
'''


def with_class(text: str) -> str:
    table = '# %% nbgrader={"grade_id": "q2", "grade": true'
    return swap(table, f"{text}\n\n{table}")


@pytest.mark.parametrize(
    ("slip", "sentence"),
    [
        (lambda c: c.replace("    def forward(self, x):\n        # BEGIN SOLUTION\n", "    def forward(self, x):\n"), "without # BEGIN"),
        (
            lambda c: c.replace("        # END SOLUTION\n\n    def forward(self, x):\n        # BEGIN SOLUTION\n", "\n    def forward(self, x):\n"),
            "outside of its methods",
        ),
        (lambda c: c.replace("        # BEGIN SOLUTION\n        return x + 4141\n        # END SOLUTION", "        return x + 4141"), "outside of the solution regions"),
        (lambda c: c.replace("    def forward(self, x):\n        # BEGIN", "    # BEGIN").replace("        return x + 4141\n        # END", "    back = 4141\n    # END"), "outside of its methods"),
        (lambda c: c.replace("  # GIVEN", ""), "would be released"),
    ],
)  # fmt: skip
def test_each_method_has_a_stub_of_its_own(course, slip, sentence):
    build_kit.write_master(course, with_class(CLASS))
    converted(course)
    text = slip(CLASS)
    assert text != CLASS
    assert re.search(sentence, refusal(course, with_class(text)))


def test_what_is_given_is_released_without_its_mark_and_nothing_else_is(course, tmp_path):
    build_kit.write_master(course, with_class(CLASS))
    release = make_release(Lab.in_repository(course), course, tmp_path)
    source = "".join(cell_of(load_notebook(release / "lab.ipynb"), "q2-solution")["source"])
    stub = 'raise NotImplementedError("q2: not written yet")'
    assert source.count(stub) == 3
    assert "GIVEN" not in source
    assert "41" not in source
    assert "    @staticmethod\n    def shown(x):\n        return x" in source
