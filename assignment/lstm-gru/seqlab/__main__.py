"""The commands that a student types: `python -m PACKAGE check`, `python -m PACKAGE submit`."""
# Written by gatelab build; a lab's own file has no such line.

import sys

from .handin.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
