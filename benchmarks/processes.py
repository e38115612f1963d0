"""Run a command and tell how long it took and how much memory the largest of its processes needed."""

import collections
import contextlib
import os
import platform
import subprocess
import tempfile
import time

import psutil

SAMPLING_SECONDS = 0.1

# seconds: of the wall clock; cpu_seconds: of all processes; peak_mb: of the largest process, in 10**6 bytes;
# status: exit code; said: the last line that the command wrote to stderr
Measured = collections.namedtuple("Measured", "seconds cpu_seconds peak_mb status said")


def machine():
    """The machine that a measurement is of, in words."""
    return "%s, %d cores, Python %s" % (platform.machine(), os.cpu_count(), platform.python_version())


def measure(command, environment=None, cwd=None):
    """Run ``command`` (a list) with ``environment`` added to this process's; returns :class:`Measured`.

    Memory is read ten times a second, from the kernel's own high-water mark where it has one (Linux).
    """
    before = os.times()
    began = time.time()
    largest = 0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env=dict(os.environ, **(environment or {})), cwd=cwd, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while process.poll() is None:
                largest = max([largest] + [_peak(each) for each in _family(process.pid)])
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(SAMPLING_SECONDS)
        except BaseException:  # Ctrl-C, say: nothing measured goes on alone
            process.terminate()
            process.wait()
            raise
        seconds = time.time() - began
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    after = os.times()
    cpu_seconds = sum(getattr(after, part) - getattr(before, part) for part in ("children_user", "children_system"))
    return Measured(seconds, cpu_seconds, largest / 1e6, process.returncode, lines[-1] if lines else "")


def _family(pid):
    try:
        parent = psutil.Process(pid)
        return [parent] + parent.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _peak(process):
    """Bytes of memory that the process has held at most."""
    try:
        with open("/proc/%d/status" % process.pid) as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0  # a process that has ended
    except OSError:
        try:
            return process.memory_info().rss
        except psutil.Error:
            return 0
