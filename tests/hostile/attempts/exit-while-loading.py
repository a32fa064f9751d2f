"""Ends its process while the cells run."""

import os
os._exit(0)
