"""Leaves daemons behind that wait and then write."""

import os, time
for _ in range(3):
    if os.fork() == 0:
        try: os.setsid()
        except OSError: pass
        if os.fork() == 0:
            time.sleep(5)
            for folder in ('.', '/tmp'):
                try: open(f'{folder}/gatelab-hostile-was-here', 'w').write('x')
                except OSError: pass
        os._exit(0)
