"""Leaves folders in folders behind, deeper than a tidying program can go."""

import os
try:
    for _ in range(3000):
        os.mkdir('d'); os.chdir('d')
except OSError: pass
