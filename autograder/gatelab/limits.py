"""What one grading may take, in time and in size: every limit beside its reason, and what follows from another computed.

Seconds of processor time are called CPU: a busy machine costs nobody anything. SECONDS are by the clock, a backstop for code
that waits or turned its alarm off. What a question may take stands in lab.toml; what a file or a page may hold, in the module
that reads or writes it.
"""

from __future__ import annotations

# The code of a notebook. Measured: the solved notebook loads in 0.1 s without its experiments, and its slowest call in a
# suite takes 0.4 s.
CELL_CPU = 10.0  # one cell
SLOW_CPU = 1.0  # a cell of which a loading before has shown that it takes too long
LOAD_CPU = 60.0  # all cells
CALL_CPU = 8.0  # one call of a function; training has the whole time of its question
CELL_SECONDS = CALL_SECONDS = 90.0  # nine busy processes on two cores take 4.5 times their processor time
IDLE_SECONDS, IDLE_CPU = (
    15.0,
    0.05,
)  # where so little happens in so long, the code waits for what will not come
REST_SECONDS = 1.0  # for what still happens in a cell whose time is up
PREPARE_SECONDS = 20.0  # for the experiments that one question needs

# Its processes.
ANSWER_SECONDS = 60.0  # a fork takes milliseconds; a busy machine may need longer
WORKER_START_SECONDS = 20.0  # a worker is there after some hundredths
ENDED_SECONDS = 5.0  # in which a loaded notebook says how a fork of it ended
COLLECT_SECONDS = 1.0  # in which a warden has collected a worker whose line is closed
KILLED_SECONDS = 5.0  # in which what was killed must be gone
MAX_LOADS = 6  # a notebook may bring its process down this often, with the library and without
MAX_FORKS = 3  # workers that one attempt at a question may use up

# A submission, beside its questions.
LOADS_SECONDS = MAX_LOADS * LOAD_CPU + 2 * WORKER_START_SECONDS  # all loads together
LOADING_SECONDS = LOADS_SECONDS + WORKER_START_SECONDS  # and the last of them may just have begun
DIAGNOSIS_SECONDS = 60.0  # in which a question's mistakes are looked up in the bank
LATE_SECONDS = (
    60.0  # in which an examiner whose time is up sums up what it has; it may be looking for a mistake's name
)
EXAMINER_START_SECONDS = 180.0  # an examiner reads the lab and the bank

# What a worker says.
OUTPUT_LIMIT = 64 << 10  # bytes of printing that are kept, for each question
MESSAGE_LIMIT = 400  # characters of a student's own exception that are kept
TRACEBACK_LIMIT = 4000  # characters: a dozen frames
MOST_LEFT = 32  # things that a call may be told to have left changed
