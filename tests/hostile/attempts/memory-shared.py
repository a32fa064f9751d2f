"""Has forks fill memory that they share, or hide in files without a name, so that no process has much of its own."""

TRIES = "calls"

import ctypes, mmap, os, time
libc = ctypes.CDLL(None, use_errno=True)
def first_answer(*args):
    kept = []
    for size in (9 << 29, 1 << 30):
        try: kept.append(mmap.mmap(-1, size))
        except OSError: pass
    if libc.memfd_create(b'x', 0) >= 0: kept.append(None)
    for each in filter(None, kept):
        if os.fork() == 0:
            for k in range(0, 1 << 30, 1 << 24): each[k:k + (1 << 24)] = bytes(1 << 24)
            os._exit(0)
    found = 'STOLEN' if kept else 'nothing'
    raise ValueError(found)
