"""Every limit in time and size with its reason; what follows from another is computed.

Seconds of processor time are called CPU: a busy machine costs nobody anything. SECONDS are by the clock, a backstop for code
that waits or turned its alarm off. Sizes are in bytes where nothing else is said. What a question may take is in lab.toml; how much
of a text a page or a sentence shows, with that page; which words of a worker may be shown, in testkit/words.py.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB, GIB = 1 << 20, 1 << 30

# The code of a notebook. Measured: the solved notebook loads in 0.1 s without its experiments, and its slowest call in a
# suite takes 0.4 s.
CELL_CPU = 10.0  # one cell
SLOW_CPU = 1.0  # a cell that took too long when the notebook was loaded before
LOAD_CPU = 60.0  # all cells
CALL_CPU = 8.0  # one call of a function; training has the whole time of its question
CELL_SECONDS = CALL_SECONDS = 90.0  # nine busy processes on two cores take 4.5 times their processor time
BACKSTOP = 5  # times a question's processor time, by the clock: the same 4.5 times, rounded up
SCAN_CPU = 6.0  # looking for shortcuts in all cells; the solved notebook's takes 0.07 s
SCAN_SECONDS = BACKSTOP * SCAN_CPU
IDLE_SECONDS, IDLE_CPU = (
    15.0,
    0.05,
)  # code that does so little in so long is waiting for something that never comes
REST_SECONDS = 1.0  # for what still happens in a cell whose time is up
PREPARE_SECONDS = 20.0  # for the experiments that one question needs
MUTANT_CPU = 8  # the slowest suite takes 0.5 s on its reference

# Its processes.
ANSWER_SECONDS = 60.0  # a fork takes milliseconds; a busy machine may need longer
WORKER_START_SECONDS = 20.0  # a worker is there after some hundredths
ENDED_SECONDS = 5.0  # in which a loaded notebook says how a fork of it ended
COLLECT_SECONDS = 1.0  # in which a warden has collected a worker whose line is closed
KILLED_SECONDS = 5.0  # in which what was killed must be gone
FORK_SECONDS = 5.0  # in which a loaded notebook takes the order to fork
# In which the rest of an order to the fork server comes: it is sent at one stroke, and everybody else waits meanwhile.
ORDER_SECONDS = FORK_SECONDS
# It imports torch, perhaps from another machine's disk: only one that hangs is ended.
FORK_SERVER_START_SECONDS = 600.0
# To end what is below it and say how that ended, before it is killed itself.
FORK_SERVER_END_SECONDS = WARDEN_REPORT_SECONDS = 10.0
REMOVE_SECONDS = 60.0  # for a folder nested deeper than Python can go
# When the fork server ends: the wardens end their workers; then what is left of these is ended from there, since a warden has to
# share the processor with a worker that spins; then the wardens too.
WARDENS_END_SECONDS, WORKERS_END_SECONDS, ALL_END_SECONDS = 0.2, 1.0, 1.5
MAX_LOADS = 6  # a notebook may bring its process down this often, with the library and without
MAX_FORKS = 3  # workers that one attempt at a question may use up

# A submission, apart from its questions.
LOADS_SECONDS = MAX_LOADS * LOAD_CPU + 2 * WORKER_START_SECONDS  # all loads together
LOADING_SECONDS = LOADS_SECONDS + WORKER_START_SECONDS  # and the last of them may just have begun
DIAGNOSIS_SECONDS = 60.0  # in which a question's mistakes are looked up in the bank
# In which an examiner whose time is up sums up what it has; it may be looking for a mistake's name.
LATE_SECONDS = 60.0
EXAMINER_START_SECONDS = 180.0  # an examiner reads the lab and the bank

# Memory, disk and processes of a worker, and memory of an examiner.
# Of each process (then it is an error), and of all together (then they end); of a mutant too.
WORKER_MEMORY = 3 * GIB
WORKER_CPU = 700  # of each process; a question may allow less (lab.toml)
WORKER_PROCESSES = 32  # threads count too
WORKER_FILE, WORKER_DISK = 16 * MIB, 64 * MIB
WORKER_OPEN_FILES = 256
EXAMINER_MEMORY = 4 * GIB  # its workers have a limit of their own
EXAMINER_GROWTH = 128 * MIB  # by which it may grow over many submissions until another takes its place

# What a worker says.
OUTPUT_LIMIT = 64 << 10  # bytes of printing that are kept, for each question
MESSAGE_LIMIT = 400  # characters of a student's own exception that are kept
TRACEBACK_LIMIT = 4000  # characters: a dozen frames
MOST_LEFT = 32  # changes that a call may be reported to have left
# One message over the line, JSON and tensors. A question may bring a notebook's cell of 1 MiB. The largest answer of reference solutions
# is 0.2 MiB, and 20,000 numbers are 0.7 MiB of JSON.
REQUEST = (8 * MIB, 256 * MIB)
ANSWER = (2 * MIB, 16 * MIB)
MAX_AXES = 8  # of a tensor
MAX_DEPTH = 20  # of nested values
MAX_NODES = 20_000  # values in one answer
MAX_DIGITS = 40  # of a whole number: any longer one is a place to hide something in, or costs time
MAX_KEY = 200  # characters of a dict's key
MAX_INT_KEY = 1 << 31  # larger ones can be chosen so that all fall into one slot of the dict
# One line of JSON between processes of the kit (jsonline.py): what the fork server and an examiner are asked, a few names and paths; and
# what a warden says, three short sentences.
ORDER_LIMIT, WARDEN_LIMIT = MIB, 4096
# A report: two hundred questions that each print all they may, in bytes that JSON writes as six.
REPORT_LINE = 200 * 6 * MAX_FORKS * OUTPUT_LIMIT
# A line from the process that works for JupyterLab's server: the log of a class's feedback is long.
CLICK_ANSWER = 64 * MIB

# What comes in.
FILE_LIMIT = 128 * MIB  # of a notebook, whose outputs may hold many pictures
SIZE_LIMIT = 20 * MIB  # of what is left without them
# Brackets and strings looked at to find the outputs; a notebook of 30 MB has some 100,000.
NOTEBOOK_TOKENS = 4_000_000
SOURCE_LIMIT = MIB  # of one cell
CELL_LIMIT = 2000  # cells of a notebook
ARCHIVE_SECONDS = 600  # by the clock; its processor time is what should end the reading of an archive
ARCHIVE_DEPTH = 40  # folders within each other
RECEIPT_LIMIT = 1 << 16
RECEIPT_REPORT_LIMIT = 16 * MIB
TABLE_LIMIT = 64 * MIB  # ten thousand rows take two or three million bytes
WORKBOOK_LIMIT = 256 * MIB  # what a workbook may unpack to
WORKBOOK_FILES = 10_000
TABLE_CELLS = 4_000_000
TABLE_ROWS = 1 << 20  # as many as a spreadsheet has
# Gradescope's metadata: with every result of 3,000 submissions in it, a file has some 40 million bytes.
EXPORT_LIMIT = 64 * MIB
EXPORT_DEPTH = 60  # of its nested entries; a result may hold a dozen
# What one student handed in is searched so deep and so wide; more than that is no homework. A notebook that was found by
# then counts all the same.
HAND_IN_DEPTH = 4
HAND_IN_ENTRIES = 2_000
HAND_IN_ENTRIES_OF_A_FOLDER = 100_000


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

# The machine, and others that are asked.
CONNECT_SECONDS, CLOSE_SECONDS = 20, 5  # a cluster's scheduler
# After which an engine that nobody asks is closed; a cluster may serve others for weeks.
CLUSTER_IDLE_SECONDS = 300.0
# Of notebooks that a cluster's scheduler holds, as does the command: enough for hundreds, and not 64 times FILE_LIMIT.
CLUSTER_BYTES_AHEAD = 512 * MIB
TRIAL_SECONDS = 120.0  # a worker on trial: torch is imported, on a machine that may be busy
GIT_SECONDS = 60.0  # of one git command here
GIT_PUSH_SECONDS = 120.0  # of one that may go to the other end of the world
SOLVED_CELL_SECONDS = 900  # one cell of a solved notebook: it trains
UNTOUCHED_SECONDS = 300  # the release as it is handed out: torch is imported, on a machine that may be busy
