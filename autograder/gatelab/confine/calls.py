"""seccomp: system calls that no homework needs fail with EPERM."""

from __future__ import annotations

import errno

# Ways to run another program, to reach another process, the kernel or the network, or to leave the group of
# processes that is killed together.
FORBIDDEN = (
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "process_madvise", "socket", "connect", "bind", "listen", "accept", "accept4",
    "setsid", "setpgid", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
    "fsopen", "fsmount", "fsconfig", "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "userfaultfd", "keyctl", "add_key", "request_key", "init_module", "finit_module",
    "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "syslog",
    "name_to_handle_at", "open_by_handle_at", "personality", "quotactl", "settimeofday", "clock_settime",
    "adjtimex", "sethostname", "setdomainname", "mknod", "mknodat", "fanotify_init", "inotify_init1", "msgget",
    "semget", "shmget", "mq_open", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
)  # fmt: skip


def forbid() -> bool:
    """Install the filter for this process and its children. False where libseccomp or the kernel has none."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError, AttributeError):
        return False
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        for name in FORBIDDEN:
            try:
                rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
            except (OSError, ValueError):
                continue  # a call that this architecture or this libseccomp does not know
        # clone3 hides its flags from a filter; with ENOSYS the C library falls back to clone.
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
        rules.load()
    except (OSError, ValueError):
        return False
    return True
