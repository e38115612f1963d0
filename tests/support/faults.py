"""Where a fault comes from: small disks, a clock that jumps, servers that fail, memory that runs out."""

import contextlib
import os
import resource
import subprocess
import time

import steps


class SmallDisk:
    """A file system of its own at ``folder``, small enough to be filled.

    It is a tmpfs.  Without the right to mount one, the processes that get ``settings`` may not write files
    beyond a size, which ends in the same kind of error ("File too large").
    """

    SIZE = 64 << 20

    def __init__(self, folder):
        self.folder, self._left = str(folder), resource.RLIM_INFINITY
        os.makedirs(self.folder, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=%d" % self.SIZE, "tmpfs", self.folder]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except FileNotFoundError:
            done = None
        self.mounted = done is not None and done.returncode == 0

    @property
    def settings(self):
        """Arguments for steps.run."""
        if self.mounted:
            return {}
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self._left, resource.RLIM_INFINITY))}

    def fill(self, left):
        """Leave so many bytes free, or fewer where others write meanwhile."""
        self._left = left
        if self.mounted:
            status = os.statvfs(self.folder)
            with contextlib.suppress(OSError), open(self._ballast(), "wb", buffering=0) as file:
                file.write(bytes(max(0, status.f_bavail * status.f_frsize - left)))

    def make_room(self):
        self._left = resource.RLIM_INFINITY
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._ballast())

    def heard(self, said):
        """What was said, as it would be said of a full disk."""
        if self.mounted:
            return said
        return said.replace(
            "File too large; put that right", "No space left on device; make room on that disk"
        ).replace("File too large", "No space left on device")

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)

    def _ballast(self):
        return os.path.join(self.folder, "ballast")


# Python runs a module of this name as it starts: after ``calls`` looks at it, the clock is a day behind.
CLOCK = """
import time
now, calls = time.time, [0]
def moved():
    calls[0] += 1
    return now() - (86400 if calls[0] > %d else 0)
time.time = moved
"""


def clock_set_back(folder, calls):
    """Environment variables for a process whose clock is set back by a day after so many looks at it."""
    return _at_start(folder, CLOCK % calls)


def kill_at_random(name, data_dir, seconds, draw, **settings):
    """Start a step and kill it after up to ``seconds``; whether it was still at work."""
    end = time.monotonic() + draw.uniform(0.02, seconds)
    for command in steps.COMMANDS[name](data_dir):
        process = steps.start(command, **settings)
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        if process.poll() is None:
            steps.kill(process)
            return True
    return False


# The same way: every process that this one forks is killed by the kernel's signal a moment later.
KILLER = """
import os, signal, threading
os.register_at_fork(after_in_child=lambda: threading.Timer(%r, os.kill, [os.getpid(), signal.SIGKILL]).start())
"""


def workers_killed(folder, seconds):
    """Environment variables for a process whose forked workers get SIGKILL after ``seconds`` of their lives."""
    return _at_start(folder, KILLER % seconds)


def _at_start(folder, code):
    """Environment variables for a process whose Python runs ``code`` first."""
    with open(os.path.join(str(folder), "sitecustomize.py"), "w") as file:
        file.write(code)
    return {"PYTHONPATH": os.pathsep.join([str(folder), steps.ROOT])}
