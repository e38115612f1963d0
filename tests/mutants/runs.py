"""Runs of pytest on a copy of the project, forked from a process that has imported the large libraries already."""

import multiprocessing
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTIONS = ("-x", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider")
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.mutants.libraries"])


def run_tests(project, tests, seconds=None):
    """Run tests in a copy: (pytest's exit status, None if they did not end in time; what it printed)."""
    with tempfile.NamedTemporaryFile() as said:
        process = _context.Process(target=_pytest, args=(project, said.name, [*OPTIONS, *tests]))
        process.start()
        try:
            process.join(seconds)
            status = process.exitcode
        finally:
            process.kill()
            process.join()
        return status, said.read().decode("utf-8", "replace")


def _pytest(project, said, arguments):
    """What ``python -m pytest`` does in the folder ``project``; what it prints goes into the file ``said``."""
    to = os.open(said, os.O_WRONLY)
    os.dup2(to, 1)
    os.dup2(to, 2)
    sys.argv = ["pytest"]
    sys.path[:] = [project] + [path for path in sys.path if os.path.abspath(path) not in (ROOT, project)]
    os.chdir(project)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # the copy has its own
    import pytest

    status = pytest.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status))  # as a process of its own would end: threads of the tests are not waited for
