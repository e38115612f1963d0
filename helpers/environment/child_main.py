"""Run a module of this project as a process that does not outlive its parent or its terminal.

    python -m helpers.environment.child_main MODULE ARGUMENT…

A thread watches both.  When one is gone the process sends itself the signal that says so (SIGTERM, SIGHUP), as a
cluster does before it takes a machine away: it saves what it has done and ends.
"""

import importlib.util
import json
import os
import runpy
import signal
import sys
import threading
import time

from helpers.base import lock

SECONDS_BETWEEN_LOOKS = 0.2  # at the parent and the terminal
SECONDS_TO_SAVE = 120  # for a process whose parent is gone
HEARS = {"event": "hears"}  # the first word of every child


def _watch() -> None:
    """End this process when its parent or its terminal is gone: with a signal, and for good if that does not help."""
    parent = lock.ends_with = os.getppid()
    # A terminal that was closed is none any more.  make keeps its SIGHUP to itself; nohup wants it to be passed over.
    follows_terminal = os.isatty(2) and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def watch():
        while os.getppid() == parent and not (follows_terminal and not os.isatty(2)):
            time.sleep(SECONDS_BETWEEN_LOOKS)
        number = signal.SIGTERM if os.getppid() != parent else signal.SIGHUP
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), number)  # the workers too
        else:
            os.kill(os.getpid(), number)
        time.sleep(SECONDS_TO_SAVE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def _there(module):
    """Whether there is such a module, or a package with a command."""
    if not all(part.isidentifier() for part in module.split(".")):
        return False
    try:
        found = importlib.util.find_spec(module)
        if found is not None and found.submodule_search_locations is not None:
            found = importlib.util.find_spec(f"{module}.__main__")
        return found is not None
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):  # a library is missing
            raise
        return False


def main() -> None:
    """The command line: MODULE as ``python -m MODULE`` runs it, but not for longer than the parent lives."""
    module = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if module in ("-h", "--help"):
        print(__doc__.strip())
        return
    if not _there(module):
        sys.exit(
            f"error: there is no module {module}: python -m helpers.environment.child_main --help says what to give"
        )
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a kernel at rest ignores it, and so would its children
    _watch()
    del sys.argv[0]
    if "--events" in sys.argv:
        print(json.dumps(HEARS), flush=True)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
