# Written by gatelab build from autograder/gatelab/handed_out/limits.py; change it there.
"""Every limit in time and size of what students run, with its reason. The grader's own are in gatelab/limits.py, which is not handed out.

start.py, which runs before anything is installed, keeps its own.
"""

from __future__ import annotations

# A check in the notebook says after so long which line is running. No check of a right answer takes this long, even on a slow laptop.
PATIENCE_SECONDS = 20.0
# Of what an answer prints: the beginning says what it is, and the check's own words stay in sight.
PRINTED_LINES = 20

# Characters that a check's sentence shows: of an error's text, which may hold a whole tensor; of the same inside of brackets, where the
# sentence goes on behind it; and of the name of a check that somebody typed.
ERROR_TEXT, ERROR_IN_BRACKETS, TYPED_NAME = 300, 200, 40
ARGUMENTS_SHOWN = 10  # whose shapes an error's sentence names; no answer takes as many
# Of what an answer is instead of the right one: keys of a dict or of a state_dict, of which a layer in both directions has eight; and
# items of a tuple or list, whose number is said beside them. Both fit on a line.
KEYS_SHOWN, ITEMS_SHOWN = 8, 6
# Steps, or places of another axis, at which numbers are wrong: enough to see whether it is every second one.
PLACES_SHOWN = 4
# Of a question's title in the map: with points, minutes and state the line has 79 characters.
TITLE_WIDTH = 40

# `check` and `submit`.
CHECK_CPU = 60.0  # for a check or a cell; the longest of a right answer takes a tenth of it
EXPERIMENT_TIMES = 15  # as long for an experiment's cell, which may train
CLOCK = 2  # times as long by the clock, for code that waits and computes nothing
LOOK_SECONDS = 0.5  # between two looks at a clock: a person does not notice it
GRACE_SECONDS = 5.0  # in which an interrupted answer has to end; it may free memory
NEWS_SECONDS = 20.0  # after which the one who waits is told what is running: soon enough not to give up

# Runs of cells that are remembered: a long evening in one notebook. Each holds its text, and an error with what its frames held.
RUNS_KEPT = 500
# Calls of one name that are repeated, three times each, if an answer is wrong: a check makes some ten, each of which may show it.
CALLS_REPEATED = 12
# Numbers of a tensor or an array that is copied and compared after the call: 32 MiB. Measured: both take 0.02 to 0.04 s; an answer's
# calls are given some hundred numbers.
COPIED_NUMBERS = 1 << 22

# The notebook's file.
LARGEST_FILE = 128 << 20  # bytes; the grader takes no larger one
SAVING_SECONDS = 2.0  # that Jupyter may take to write it; the largest takes less on a slow disk
AGAIN_SECONDS = 0.1  # between two looks at a file that is being written
