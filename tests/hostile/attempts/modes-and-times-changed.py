"""Sets modes, times and attributes of whatever it finds outside its folder, which Landlock does not govern (to what they are: a proof is enough)."""

import os
import posix
def first_answer(*args):
    done = []
    for path in ('..', '/tmp', '/work', '/autograder', '/autograder/submission', '/etc/passwd', '/dev/null', os.__file__):
        try: now = os.stat(path)
        except OSError: continue
        for change in (
            lambda: posix.chmod(path, now.st_mode & 0o7777), lambda: posix.chown(path, now.st_uid, now.st_gid),
            lambda: posix.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns)), lambda: posix.setxattr(path, 'user.x', b'x'),
        ):
            try: change(); done.append(path)
            except OSError: pass
    found = 'STOLEN' if done else 'nothing'
    raise ValueError(found)
