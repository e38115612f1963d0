"""Run a module of this project as a child process that does not outlive its parent.

    python -m helpers.base.child_main MODULE ARGUMENT…

A thread watches the parent; when it is gone the process sends itself SIGTERM, as a cluster does before it takes a
machine away.
"""

import json
import os
import runpy
import signal
import sys
import threading
import time

from helpers.base import lock

SECONDS_TO_SAVE = 120  # for a child whose parent is gone
HEARS = {"event": "hears"}  # the first word of every child


def _watch_parent():
    """End this process when its parent is gone: with SIGTERM, and for good if that does not help."""
    parent = lock.ends_with = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGTERM)  # the workers too
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(SECONDS_TO_SAVE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def main():
    """``python -m helpers.base.child_main MODULE ARGUMENT…``: MODULE as ``python -m MODULE`` runs it, but not for longer
    than the parent lives."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a kernel at rest ignores it, and so would its children
    _watch_parent()
    del sys.argv[0]
    if "--events" in sys.argv:
        print(json.dumps(HEARS), flush=True)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
