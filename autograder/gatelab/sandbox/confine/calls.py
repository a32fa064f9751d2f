"""seccomp: system calls that no homework needs fail with EPERM."""

from __future__ import annotations

import contextlib
import errno
from typing import Any

# Ways to run another program, to reach another process, the kernel or the network, to leave the group of processes
# that is killed together, to hold memory that no limit counts, to slow other processes, and to change what Landlock does not control: modes,
# owners, times and extended attributes of any file that the grader's own user may change.
FORBIDDEN = (
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "process_madvise", "process_mrelease", "socket", "socketpair", "connect", "bind", "listen", "accept",
    "accept4", "setsid", "setpgid", "setns", "unshare", "seccomp", "bpf", "perf_event_open", "userfaultfd",
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "mount_setattr", "fsopen",
    "fsmount", "fsconfig", "fspick", "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr",
    "lsm_list_modules", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_destroy", "io_submit",
    "io_cancel", "io_getevents", "io_pgetevents", "keyctl", "add_key", "request_key", "init_module", "finit_module",
    "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "syslog", "iopl", "ioperm",
    "modify_ldt", "vhangup", "lookup_dcookie", "uselib", "name_to_handle_at", "open_by_handle_at", "personality",
    "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "mknod", "mknodat", "fanotify_init", "fanotify_mark", "inotify_init", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch", "msgget", "semget", "shmget", "mq_open", "memfd_create", "memfd_secret",
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset",
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "futimesat",
    "utimensat", "truncate", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
    "removexattrat", "file_setattr", "setpriority", "ioprio_set", "sched_setscheduler", "sched_setparam",
    "sched_setattr",
)  # fmt: skip

# Calls that an old libseccomp does not know by name. From 424 on, a call has the same number on every architecture.
NUMBERS = {
    "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447, "process_mrelease": 448,
    "fchmodat2": 452, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
    "lsm_list_modules": 461, "setxattrat": 463, "removexattrat": 466, "open_tree_attr": 467, "file_setattr": 469,
}  # fmt: skip
# Newer calls, which nobody has reviewed: they fail as they would on a kernel from the year of this list.
UNREVIEWED = range(470, 512)

# Calls that a process may use only on itself (0): a worker with the grader's user could set the grader's time limit to 0.
OWN_ONLY = ("prlimit64", "sched_setaffinity")

# New namespaces: mount, cgroup, UTS, IPC, user, PID, network.
CLONE_NEW = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
# Opening a file for reading may truncate it. Landlock controls that, and truncate, only from level 3 on.
ACCESS_AND_TRUNCATE, TRUNCATE = 0o1003, 0o1000
SHARED_ANONYMOUS = 0x21  # flags of mmap. RLIMIT_DATA does not count shared memory, which stays allocated even after it is unmapped
PR_SET_SECCOMP = 22
OPENAT2 = 437


def forbid() -> str:
    """Install the filter for this process and its children. Returns why there is none, or ""."""
    try:
        import pyseccomp
    except ImportError:
        return "pyseccomp is not installed"
    except (OSError, RuntimeError, AttributeError):
        return "libseccomp is not installed (Debian and Ubuntu: apt-get install libseccomp2)"
    refused = pyseccomp.ERRNO(errno.EPERM)
    unknown = pyseccomp.ERRNO(errno.ENOSYS)
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        # Calls of another architecture (i386, x32) have other numbers, which the rules below do not cover.
        rules.set_attr(pyseccomp.Attr.ACT_BADARCH, unknown)
        for name in FORBIDDEN:
            _add(rules, refused, name)
        for number in NUMBERS.values():
            _add(rules, refused, number)
        for number in UNREVIEWED:
            _add(rules, unknown, number)
        for name in OWN_ONLY:
            _add(rules, refused, name, pyseccomp.Arg(0, pyseccomp.NE, 0))
        for flag in CLONE_NEW:
            _add(rules, refused, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
        shared = pyseccomp.Arg(3, pyseccomp.MASKED_EQ, SHARED_ANONYMOUS, SHARED_ANONYMOUS)
        _add(rules, refused, "mmap", shared)
        _add(rules, refused, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, PR_SET_SECCOMP))
        for call, at in (("open", 1), ("openat", 2)):
            truncating = pyseccomp.Arg(at, pyseccomp.MASKED_EQ, ACCESS_AND_TRUNCATE, TRUNCATE)
            _add(rules, refused, call, truncating)
        _add(rules, unknown, OPENAT2)  # a filter cannot see its flags; nobody needs it
        # A filter cannot see clone3's flags; with ENOSYS the C library falls back to clone.
        rules.add_rule(unknown, "clone3")
        rules.load()
    except (OSError, ValueError) as error:
        return f"the kernel refuses a filter of system calls ({error})"
    return ""


def _add(rules: Any, action: int, call: str | int, *arguments: Any) -> None:
    """Add a rule for a call, unless this architecture or this libseccomp does not have it."""
    with contextlib.suppress(OSError, ValueError):
        rules.add_rule(action, call, *arguments)
