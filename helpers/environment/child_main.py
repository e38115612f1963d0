"""Run a module of this project as a process that does not outlive its parent or its terminal.

    python -m helpers.environment.child_main MODULE ARGUMENT…

A thread watches both.  When one is gone the process sends itself the signal that says so (SIGTERM, SIGHUP), as a
cluster does before it takes a machine away: it saves what it has done and ends.
"""

import json
import os
import runpy
import signal
import sys
import threading
import time

from helpers.base import lock

SECONDS_TO_SAVE = 120  # for a process whose parent is gone
HEARS = {"event": "hears"}  # the first word of every child


def _watch() -> None:
    """End this process when its parent or its terminal is gone: with a signal, and for good if that does not help."""
    parent = lock.ends_with = os.getppid()
    # A terminal that was closed is none any more.  make keeps its SIGHUP to itself; nohup wants it to be passed over.
    follows_terminal = os.isatty(2) and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def watch():
        while os.getppid() == parent and not (follows_terminal and not os.isatty(2)):
            time.sleep(1)
        number = signal.SIGTERM if os.getppid() != parent else signal.SIGHUP
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), number)  # the workers too
        else:
            os.kill(os.getpid(), number)
        time.sleep(SECONDS_TO_SAVE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def main() -> None:
    """The command line: MODULE as ``python -m MODULE`` runs it, but not for longer than the parent lives."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a kernel at rest ignores it, and so would its children
    _watch()
    del sys.argv[0]
    if "--events" in sys.argv:
        print(json.dumps(HEARS), flush=True)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
