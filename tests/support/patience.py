"""When a test takes a process for stuck.  Its waits end with what they wait for; this is the last resort."""

import functools
import subprocess
import sys
import time

SHORTEST = 300


@functools.lru_cache()
def seconds():
    """A hundred times what starting TensorFlow takes here and now: a machine that is busy gets longer."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import tensorflow"], stderr=subprocess.DEVNULL, check=True)
    return max(SHORTEST, 100 * (time.monotonic() - began))


def wait_until(happened, process, what):
    """Look until ``happened()`` is true; fails when ``process`` (as subprocess has it) is over before that.

    Call :func:`seconds` before the process starts: it takes some time of its own.
    """
    end = time.monotonic() + seconds()
    while not happened():
        assert process.poll() is None, "it was over before %s" % what
        assert time.monotonic() < end, "after %d s it had not come to %s" % (seconds(), what)
        time.sleep(0.02)
