"""Training processes that are forked from one that has imported TensorFlow, and so start in half the time."""

import contextlib
import json
import multiprocessing
import os
import sys

# It imports and no more: a process that has had a session must not be forked.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["helpers.pretraining.network.runtime"])


class Training:
    """``python -m helpers.pretraining ARGV…`` as a process; its standard output goes into the file ``log``."""

    def __init__(self, argv, log):
        self._log = log
        self._process = _context.Process(target=_pretrain, args=(argv, log))
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        """The exit code, None while it runs."""
        return self._process.exitcode

    def wait(self, seconds):
        """The exit code, as subprocess tells it."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, "it still runs after %d s" % seconds
        return self._process.exitcode

    def events(self):
        """The events it has reported."""
        with open(self._log, encoding="utf-8") as file, contextlib.suppress(ValueError):  # a last line cut short
            return [json.loads(line) for line in file if line.startswith("{")]


def _pretrain(argv, log):
    to = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(to, 1)
    sys.argv[1:] = argv
    from helpers.pretraining import __main__ as command

    command.main()
