# Written by gatelab build from autograder/gatelab/handed_out/handin/__init__.py; change it there.
"""`python -m PACKAGE check` and `python -m PACKAGE submit`: check the notebook's file before it is handed in.

`notebook`  finds the file and reads it
`answers`   what is answered in it, what is not, and what its writer may not have noticed
`checks`    runs the public checks on it, in a process of its own (`run`)
`pack`      writes the zip to hand in, and its receipt
`explorer`  the lab's page to play with, if it has one
`command`   the command line
"""
