"""Tags the honest cells as experiments, so that nothing runs."""

CELL_METADATA = {'tags': ['experiment']}

x = 1
