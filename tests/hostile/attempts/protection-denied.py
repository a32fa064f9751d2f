"""Claims that every protection is off, or on."""

import sys
main = sys.modules.get('gatelab.sandbox.worker.main')
if main: main.confine = lambda *args: {}
import os
os.environ.update(GATELAB_ACCEPT_MISSING_PROTECTION='1', PYTHONPATH='.', LD_PRELOAD='./x.so', PYTEST_ADDOPTS='-k nothing')
