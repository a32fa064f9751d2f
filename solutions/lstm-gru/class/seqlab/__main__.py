"""`python -m seqlab check`, `python -m seqlab submit`, `python -m seqlab explore`."""

import sys

from seqlab.handin.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
