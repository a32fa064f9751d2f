"""Every limit in time and size with its reason; what follows from another is computed.

Seconds of processor time are called CPU: a busy machine costs nobody anything. SECONDS are by the clock, a backstop for code
that waits or turned its alarm off. Sizes are in bytes where nothing else is said. What a question may take is in lab.toml; which words
of a worker may be shown, in testkit/words.py. What is copied to the students (handed_out/) imports nothing from here, nor does the
program that opens an archive (submission/archive_child.py). tests/engine/test_limits.py lists what other modules keep for themselves.

"Measured" is on two processors with up to five other processes at work.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB, GIB = 1 << 20, 1 << 30

# The code of a notebook. Measured: the solved notebook loads in 0.1 s without its experiments, and its slowest call in a
# suite takes 0.4 s.
CELL_CPU = 10.0  # one cell
SLOW_CPU = 1.0  # a cell that took too long when the notebook was loaded before
LOAD_CPU = 6 * CELL_CPU  # all cells: as long as six that use up their own time
CALL_CPU = 8.0  # one call of a function; training has the whole time of its question
CELL_SECONDS = CALL_SECONDS = 90.0  # nine busy processes on two cores take 4.5 times their processor time
BACKSTOP = 5  # times a question's processor time, by the clock: the same 4.5 times, rounded up
SCAN_CPU = 6.0  # looking for shortcuts in all cells; the solved notebook's takes 0.07 s
SCAN_SECONDS = BACKSTOP * SCAN_CPU
# Code that does so little in so long is waiting for something that never comes. A worker has neither a network
# nor a keyboard.
IDLE_SECONDS, IDLE_CPU = 15.0, 0.05
IDLE_LOOK_SECONDS = 1.0  # between two looks at whether anything moves
ALARM_AGAIN_SECONDS = 0.5  # until an alarm that was swallowed (`except:`) is raised again
REST_CPU = 1.0  # for what still happens in a cell whose time is up
# For the experiments that one question needs: as much as two cells have.
PREPARE_CPU = 2 * CELL_CPU
# For tasks that nobody awaits, after each cell: 2 s for a notebook of 40 cells that has some.
BETWEEN_CELLS_SECONDS = 0.05
MUTANT_CPU = 8  # the slowest suite takes 0.5 s on its reference
# A wrong solution in `gatelab ambush` gets half as much again, for the notebook's other cells.
PUBLIC_CHECK_CPU = 12
DRAWS = 1000  # of inputs, for those that show every mistake: a search that needs more of them looks for something too rare
# Searches for such inputs whose results are kept, a few small tensors each. Measured: a grading of all questions makes 32, and a class
# is graded with one seed.
SEARCHES_KEPT = 1024

# How far the code is looked into; beyond that a name counts as not needed, and a shortcut is not reported.
NEEDS_OBJECTS, NEEDS_INSIDE = 2000, 200  # objects that a question's names lead to; entries of one container
# Where an old answer is replaced: containers within each other, and the entries of all. Half a million took 0.2 s where
# they were numbers, and 2 to 2.6 s where they were containers.
KEPT_DEPTH, KEPT_ENTRIES = 4, 500_000
RESTORE_ROUNDS = 4  # a helper as it was may use another helper as it was
ABSENT_MODULES = 20  # that one statement may miss: it is run again for each
SCAN_HINTS = 20  # a list that staff read
# Characters of one hint, and of the code quoted in it: one line of a report.
HINT_LIMIT, SHORTCUT_LIMIT = 200, 60
SCAN_DEPTH = 3  # texts in texts: `exec("exec('…')")`

# Of several names, files or values that a sentence is about: the first few say of what kind they are.
NAMES_SHOWN = 4
# Characters of a file's line that staff read in a terminal: two of the terminal's lines, and longer than any that is written by hand.
LINE_SHOWN = 200
GROUP_SHOWN = 8  # submissions with the same wrong answer, of which staff open one or two

# Its processes.
ANSWER_SECONDS = 60.0  # a fork takes milliseconds; a busy machine may need longer
WORKER_START_SECONDS = 20.0  # measured: 0.3 s, the slowest of twenty
# For a loaded notebook to withhold the library's answer, or to put away its experiments. Measured: 0.05 s.
SETUP_SECONDS = 30.0
COLLECT_SECONDS = 1.0  # time for the parent to reap a forked process after its connection closed
# Time for what was killed to be gone. Measured: all of a worker within 0.09 s, a question's fork within 0.06 s; one that forks as fast
# as it is killed takes longest.
KILLED_SECONDS = 5.0
ENDED_SECONDS = KILLED_SECONDS  # time for a loaded notebook to report how its fork ended
FORK_SECONDS = 5.0  # time for a loaded notebook to accept the order to fork
# Time for the rest of an order to the fork server to arrive: it is sent in one piece, and everybody else waits meanwhile.
ORDER_SECONDS = FORK_SECONDS
# It imports torch, which took 18 s here, and from a cold disk of another machine takes minutes: only one that hangs is ended.
FORK_SERVER_START_SECONDS = 600.0
# Time to end the processes below and report how they ended, before being killed too: a warden kills its worker, then what that left behind.
FORK_SERVER_END_SECONDS = WARDEN_REPORT_SECONDS = 2 * KILLED_SECONDS
LOCK_AGAIN_SECONDS = 0.1  # a reader that looks whether a class's folder is locked holds it for less
REMOVE_SECONDS = 60.0  # for a folder nested deeper than Python can go
# When the fork server ends: the wardens end their workers; then what is left of these is ended from there, since a warden has to
# share the processor with a worker that spins; then the wardens too.
WARDENS_END_SECONDS, WORKERS_END_SECONDS, ALL_END_SECONDS = 0.2, 1.0, 1.5
# Intervals: between two looks at whether what was killed or asked is done; between two rounds of killing, which a fork bomb must not
# outrun; between two looks at the memory of all processes of a worker (the kernel itself holds each of them to WORKER_MEMORY), and at an
# examiner's, which is trusted.
POLL_SECONDS, KILL_AGAIN_SECONDS, WARDEN_LOOK_SECONDS, EXAMINER_LOOK_SECONDS = 0.01, 0.005, 0.2, 0.25
# For a worker's attempt to reach a socket of this machine: one that nothing stops succeeds at once.
PROBE_SECONDS = 0.5
CPU_TICK = 0.5  # the kernel counts in ticks, and looks at a limit when one is over
# Times that a notebook may bring its process down, with the library and without. A cell that does so costs two loads, the second without
# its statements; then it is left out. So two such cells are survived, and a third whose definitions do no harm.
MAX_LOADS = 6
# Workers that one attempt at a question may use up: each loses the test in which it went down, and two of those may be an accident.
MAX_FORKS = 3

# A submission, apart from its questions.
LOADS_SECONDS = MAX_LOADS * LOAD_CPU + 2 * WORKER_START_SECONDS  # all loads together
LOADING_SECONDS = LOADS_SECONDS + WORKER_START_SECONDS  # and the last of them may just have begun
# Time to look up a question's mistakes in the bank. Measured, over 71 look-ups of the bank's wrong answers: at most 2.2 s of CPU
# and 5.6 s by the clock. A question is graded up to twice, and a class may keep a machine busier.
DIAGNOSIS_SECONDS = 60.0
# Time for an examiner whose time is up to sum up what it has; it may be looking for a mistake's name.
LATE_SECONDS = DIAGNOSIS_SECONDS
EXAMINER_START_SECONDS = 180.0  # an examiner reads the lab and the bank

# The largest seed of a grading: TOML's and torch's whole numbers have 64 bits, and suites may add to the seed.
LARGEST_SEED = 2**63 - 1

# Memory, disk and processes of a worker, and memory of an examiner.
# For each process (exceeding it is an error) and for all together (exceeding it ends them); for a mutant too. Measured: the worker of the
# solved notebook holds 0.26 GiB when it is loaded, and 0.52 GiB at most, when it trains. Six times that leaves room for wasteful code, and
# two still fit into a laptop's 8 GiB.
WORKER_MEMORY = 3 * GIB
# Of each process; a question allows less (lab.toml), also where it trains a model.
WORKER_CPU = 700
# Threads count too. Measured: 2, the loaded notebook and its fork. A library may still start a pool of one thread a processor.
WORKER_PROCESSES = 32
OTHER_PROCESSES = 100  # that the grader's user may start while a worker without a user of its own runs: Linux counts them together
WORKER_FILE, WORKER_DISK = 16 * MIB, 64 * MIB  # four million weights in one file, and four such files
# Measured: 6; macOS gives a process as many, and code that forgets to close some dozens still works.
WORKER_OPEN_FILES = 256
# Its workers have a limit of their own. Measured: 0.31 GiB after the solved notebook; the rest is for large answers, of which a question's
# trace keeps up to TRACE_LIMIT.
EXAMINER_MEMORY = 4 * GIB
EXAMINER_GROWTH = 128 * MIB  # growth over many submissions, after which another takes its place
WARM_AFTER = 5  # submissions after which an examiner holds all it caches: suites, compiled chaff

# What a worker says.
# Bytes of printing that are kept, for each question: some thousand lines, which nobody reads to their end.
OUTPUT_LIMIT = 64 << 10
MESSAGE_LIMIT = 400  # characters of a student's own exception that are kept: five lines
TRACEBACK_LIMIT, TRACEBACK_FRAMES = 4000, 12  # characters, and the frames that they hold
FAULT_LIMIT = (
    2 * TRACEBACK_LIMIT
)  # characters of the grader's own traceback: its paths are longer, and so is its stack
# Characters of what pytest printed when it could not read a suite: its end names the error.
PYTEST_LIMIT = TRACEBACK_LIMIT // 2
LINE_LIMIT = 160  # characters of a line of the student's code: two lines of a terminal
# Characters of a cell's first line that are quoted for its author to find it by: some five words. Where the line defines something,
# characters of `def` and the name, of which nothing is left out unless it is longer than any that a lab asks for.
CELL_START, CELL_DEFINITION = 28, 40
TEXT_START = 40  # of a written answer's text, its lines joined: its first line alone may be a heading
SHAPE_LIMIT = 20  # characters of a shape that a worker may have chosen: three axes of a few thousand
NAME_LIMIT = 80  # characters of a name that the notebook's code chose: of a type, or of what is not defined
TIME_UP_LIMIT = 80  # characters of why a call's time is up: the worker's own sentence has about 45
# Names that a cell may bind and that then count as refused with it; and names reported as bound by several cells. A lab asks for some
# dozens, so a longer list is not an answer to it.
MOST_BOUND, MOST_REBOUND = 100, 50
MOST_LEFT = 32  # changes that a call may be reported to have left, each with MESSAGE_LIMIT characters
# One message over the line, JSON and tensors. A question may bring a notebook's cell of 1 MiB. The largest answer of reference solutions
# is 0.2 MiB, and 20,000 numbers are 0.7 MiB of JSON.
REQUEST, ANSWER = (8 * MIB, 256 * MIB), (2 * MIB, 16 * MIB)
# What is kept of a question's answers to name its mistake. Measured: 0.7 MiB at most of a reference solution.
TRACE_LIMIT = 4 * ANSWER[1]
# Of a tensor that crosses. It is two more than a message writes out (handed_out/checking/tensors.py), so that an answer with an axis too
# many is a wrong answer and not a violation of the protocol.
MAX_AXES = 8
NUMBERS_WRITTEN = 10_000  # of a tensor, that are compared one by one where wrong answers are grouped
MAX_DEPTH = 20  # of nested values; a state_dict has 1
MAX_NODES = 20_000  # values in one answer
MAX_DIGITS = 40  # of a whole number: any longer one is a place to hide something in, or costs time
MAX_KEY = 200  # characters of a dict's key; the longest of a state_dict has some dozens
MAX_INT_KEY = 1 << 31  # larger ones can be chosen so that all fall into one slot of the dict
# Characters of the end of what a program printed that failed: its last lines say why.
PROGRAM_END = 2000
# One line of JSON between processes of the kit (jsonline.py): what the fork server and an examiner are asked, a few names and paths; and
# what a warden says, three short sentences.
ORDER_LIMIT, WARDEN_LIMIT = MIB, 4096
# A report: two hundred questions that each print all they may, in bytes that JSON writes as six. Measured: 20 kB of the solved notebook,
# 401 kB of the lab as it is handed out.
REPORT_LINE = 200 * 6 * MAX_FORKS * OUTPUT_LIMIT
# A line from the process that works for JupyterLab's server: the log of a class's feedback is long.
CLICK_ANSWER = 64 * MIB

# What comes in.
# Bytes at the start of a page in which the hash of what it was made of is looked for: it comes after some 200.
PAGE_HEAD = 2000
FILE_LIMIT = 128 * MIB  # of a notebook, whose outputs may hold many pictures
SIZE_LIMIT = 20 * MIB  # of what is left without them
# Brackets and strings looked at to find the outputs; a notebook of 30 MB has some 100,000.
NOTEBOOK_TOKENS = 4_000_000
SOURCE_LIMIT = MIB  # of one cell
CELL_LIMIT = 2000  # cells of a notebook
# Characters of one notebook's code in which names are looked up and that is compared with others'; the lab's solutions have 28,000.
NOTEBOOK_CODE = 200_000
ANSWER_CODE = NOTEBOOK_CODE // 10  # of one question's answer that a report keeps
WRITTEN_LIMIT = 20_000  # characters of a written answer that are shown: some 3,000 words, where a question asks for a paragraph
# Notebooks that are read to choose among several, and their bytes together; the others are judged by their names.
LOOKED_INTO, BYTES_LOOKED_INTO = 12, 2 * FILE_LIMIT
ARCHIVES_LOOKED_INTO = 5  # in one student's folder: one, and some attempts
ARCHIVE_SECONDS = 600  # by the clock; its processor time is what should end the reading of an archive
ARCHIVE_DEPTH = 40  # folders within each other; the environment in which the kit was developed has 16
# Folders within each other that are kept of a class's archive: deeper than what is graded, and short enough for a path.
CLASS_ARCHIVE_DEPTH = 12
COPIED_AT_ONCE = MIB  # bytes of a file in an archive
FILE_NAME_LIMIT = 200  # bytes; a file system allows 255, and a number is added if two are the same
# The start of a longer name that is kept: a hyphen, eight digits and an ending (FILE_ENDING) follow, with room to spare.
FILE_NAME_KEPT = FILE_NAME_LIMIT - 40
# Characters of a name or address. An e-mail address may have 254 (RFC 5321, 4.5.3.1.3: a path has 256, of which two are its brackets).
PERSON_LIMIT = 254
PERSON_SHOWN = 80  # characters of it in a refusal: a name and an address
PERSON_IN_PROGRESS = 24  # in the bar of the progress, where several stand in one line
TIME_LIMIT = 100  # characters of a time as a platform writes it; the longest known has 46
EXCHANGE_LINE = 1000  # bytes of nbgrader's timestamp.txt and of its secret: one short line each
RECEIPT_LIMIT = 1 << 16  # a receipt has a few short fields and the questions' IDs: some 1,000 bytes
RECEIPT_REPORT_LIMIT = 16 * MIB  # what else came with it; a report has 0.4 MB (REPORT_LINE)
TABLE_LIMIT = 64 * MIB  # ten thousand rows take two or three million bytes
WORKBOOK_LIMIT = 256 * MIB  # what a workbook may unpack to
WORKBOOK_FILES = 10_000  # in it; one of a table has a dozen
TABLE_CELLS = 4_000_000  # ten thousand rows of four hundred columns
TABLE_ROWS = 1 << 20  # as many as a spreadsheet has
TABLE_HEAD = 1 << 16  # bytes at the start of a text file that must contain its header
COLUMN_TITLE = 200  # characters of a column's title that may be one of ours
TYPED = 40  # characters that a refusal repeats of what somebody typed, as a mark or a name: enough to recognise it, on one line
LIBRARY_WORDS = 100  # characters that a refusal repeats of why a library could not read a file
FILE_ENDING = 20  # characters at the end of a file's name in which its endings are looked for: `.tar.gz`
FILE_START = 60  # bytes by which a file that is not a notebook is recognised: `<!doctype html` and the like
GRADE_ID = 80  # characters of a cell's grade_id, which a lab chooses, and anybody can change; the longest known has 20
PEOPLE_LIMIT = 100_000  # of a roster: a class has hundreds, and more than this is another file
SUBMITTERS = 50  # of one submission in Gradescope's metadata: a group
# Written tables from any of which an edited one may have been made: each mark given by a command writes one, while a sheet stays open.
EARLIER_GRADES = 100
EARLIER_EDITED = 10  # edited tables that one made from an older table is compared with: its sheet may have been saved before
READINGS = 5  # of a grades.csv that keeps being saved while it is processed
# Gradescope's metadata: with every result of 3,000 submissions in it, a file has some 40 million bytes.
EXPORT_LIMIT = 64 * MIB
EXPORT_DEPTH = 60  # of its nested entries; a result may hold a dozen
# What one student handed in is searched this deep and this wide; anything larger is not homework. A notebook found by then still
# counts.
HAND_IN_DEPTH, HAND_IN_ENTRIES, HAND_IN_ENTRIES_OF_A_FOLDER = 4, 2_000, 100_000


@dataclass(frozen=True)
class Archive:
    """What an archive may be. Bytes, but for `entries` and `seconds` (of a processor)."""

    packed: int
    total: int
    entries: int
    seconds: int
    memory: int = GIB
    file: int = FILE_LIMIT  # of one file that is copied out
    whole: bool = False  # whether one damaged file spoils the archive


# Of one student: a lab and its data, or a whole environment by mistake.
STUDENTS = Archive(packed=256 * MIB, total=GIB, entries=20_000, seconds=60)
# A platform's download of a class: 3,000 people with a few files each.
CLASS = Archive(
    packed=64 * GIB,
    total=128 * GIB,
    entries=500_000,
    seconds=3_600,
    memory=4 * GIB,
    file=STUDENTS.packed,
    whole=True,
)

# What nbgrader's pages show of the outputs that a notebook came with: characters of one, bytes of one picture, how many of one cell, and
# bytes of all, which a browser loads before it shows anything.
SHOWN_OUTPUT, SHOWN_PICTURE, SHOWN_OUTPUTS_OF_A_CELL, SHOWN_OF_A_NOTEBOOK = 10_000, MIB, 20, 12 * MIB

# What people read. No point depends on these numbers. Where no source is given they were chosen by looking at the output: what is said
# first must stay in sight, and whoever wants the rest finds it in the report or the notebook.
MAIL_WIDTH = 78  # characters of a line: RFC 5322, 2.1.1, asks for no more
# Cells that did not run to the end: in a mail, above Gradescope's questions (one line each), and on a page of ours or the screen. One is
# the usual case, and its names are missing in those after it, so the first few are the cause.
MAIL_CELLS, GRADESCOPE_CELLS, CELLS_SHOWN = 5, 10, 20
OTHER_NOTEBOOKS = 5  # that came in with the graded one: most often a copy or two
ANSWER_CELLS = 3  # quoted where a written answer was not found: staff open the notebook at any of them
# Fewest characters by which a line that is no heading tells a cell from others. Measured on the lab's notebook: of the shorter lines 17 %
# are in it more than once (`import math`), of the longer ones 2 %.
TELLING_LINE = 20
STAFF_SHOWN = 600  # characters of the end of a traceback or an output, in Gradescope's test for staff: two frames and the error
# Of an edited table, in a sentence: columns, rows or names; characters of a cell.
TABLE_NAMES, TABLE_CELL = 3, TYPED
EDITS_SHOWN = 8  # refused edits of one kind, a line each: all are refused for the same reason
# Marks, names or dates in one line of a command: it takes some four lines of a terminal.
MARKS_SHOWN = 12
TYPED_NAMES = PEOPLE_SHOWN = 5  # people in a sentence
FAILURES_SHOWN = 5  # files that could not be written, a line each: one full disk is the reason for all
PAIRS_SHOWN = 20  # similar pairs of answers to a question, closest first: staff compare each by hand
# In a terminal: lines of a question's code, and last lines of what it printed; parts that lost points; characters of a part's message where
# all questions are listed, which is one line.
CODE_LINES, OUTPUT_LINES, PARTS_SHOWN, PART_MESSAGE = 60, 12, 8, 80
CHANGED_MESSAGE = PART_MESSAGE - 2  # the same, with its brackets
REGRADED_LINES = 200  # about single submissions: a class of that size may change as a whole, and what is printed has an end
# Of what changed in one file; in all that students see, which is read before it is accepted.
DIFFERENCE_LINES, SNAPSHOT_LINES = 60, 120
# Characters of what a public check says of a solution that fails it: its first sentence or two.
CHECK_TEXT = 200
TIMED_REPORTS = 40  # of an earlier run, whose times give the estimate of what is left: few enough to be read before anything is shown
QUESTION_ID = 20  # characters of a question's ID: it is part of file names and of the columns of tables
LAB_NAME = 40  # characters: the name is typed in commands, and part of every path and address of the lab
LONGEST_GRACE = 1_000_000  # minutes, almost two years: what is longer was meant in another unit

# Results that a process keeps, not to compute them again. Each number is above what one lab and one submission need, so that nothing
# is computed twice; it ends the growth of a process that serves many. Measured with this repository's lab, which needs the number in
# brackets.
CELLS_KEPT = 256  # cells parsed, with their magics opened or not (2 × 62)
CODE_READ_KEPT = 4096  # code objects searched for names: the notebook's (135), and of modules that it wrote
MODULES_KEPT = 256  # modules looked for: every one that a notebook imports
DRIVERS_KEPT = 64  # pieces of a suite's code that a question's process compiles (5)
KERNELS_KEPT = 256  # operators that are withheld (19)
QUESTIONS_KEPT = 64  # references and public checks, one each for a question (12)
STAFF_CODE_KEPT = 1024  # wrong solutions of the bank (374), with a question's references
LABS_KEPT = 8  # a process serves one; the tests several
# Of a build: pieces of code parsed (12,890), and lines in which a marker could be (11,079).
PIECES_KEPT, LINES_KEPT = 1 << 14, 1 << 16

# With a message to the fork server: a worker's line, its output file and the control socket, the most of any.
DESCRIPTORS = 3

# The machine, and others that are asked.
FREE_DISK = 2 * GIB  # the folders of a few workers (WORKER_DISK), and the reports of a class
FREE_MEMORY = WORKER_MEMORY + 2 * GIB  # one submission: its worker, an examiner and the fork server
UNUSED_SECONDS = 3600.0  # without a change before a folder counts as left behind: a run may just be starting
# A cluster's scheduler, which may be starting, or far away.
CONNECT_SECONDS, CLOSE_SECONDS = 20, 5
CLUSTER_LOOK_SECONDS = 5.0  # between checks that the scheduler is still there
# Submissions queued at the scheduler, so that a cluster that grows with its queue sees one: at least, and times the workers' threads.
CLUSTER_LEAST_AHEAD, CLUSTER_AHEAD = 64, 3
# An engine that is idle this long is closed; a cluster may serve others for weeks.
CLUSTER_IDLE_SECONDS = 300.0
# Of notebooks that a cluster's scheduler holds, as does the command: enough for hundreds, and not 64 times FILE_LIMIT.
CLUSTER_BYTES_AHEAD = 512 * MIB
TRIAL_SECONDS = 120.0  # a worker on trial: torch is imported, on a machine that may be busy
# Of one git command here: the course's repository may be large, and its disk slow.
GIT_SECONDS = 60.0
GIT_PUSH_SECONDS = 120.0  # of one that may go to the other end of the world
BENCH_SEEDS = 3  # with which `gatelab bench --trainings` measures each: their median leaves an odd one out
BENCH_CELL_SECONDS = 300  # one cell in nbgrader's run of the bench: a slow machine is measured, not cut short
SOLVED_CELL_SECONDS = 900  # one cell of a solved notebook: it trains
UNTOUCHED_SECONDS = 300  # the release as it is handed out: torch is imported, on a machine that may be busy
