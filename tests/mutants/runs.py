"""Runs of pytest on a copy of the project, forked from a process that has imported the large libraries already."""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLUGINS = ("cacheprovider", "anyio", "xdist")  # what no test uses; anyio's alone takes as long to load as a test
OPTIONS = ("-x", "-q", "-rfE", "--tb=native", *(f"-pno:{plugin}" for plugin in PLUGINS))
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
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with what its tests have started and left behind
            process.kill()
            process.join()
        return status, said.read().decode("utf-8", "replace")


def _pytest(project, said, arguments):
    """What ``python -m pytest`` does in the folder ``project``; what it prints goes into the file ``said``."""
    to = os.open(said, os.O_WRONLY)
    os.dup2(to, 1)
    os.dup2(to, 2)
    os.setsid()
    sys.argv = ["pytest"]
    sys.path[:] = [project] + [path for path in sys.path if os.path.abspath(path) not in (ROOT, project)]
    os.chdir(project)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a copy keeps what is compiled once, wherever this runs
    sys.dont_write_bytecode = False
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # the copy has its own
    import pytest

    status = pytest.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status))  # as a process of its own would end: threads of the tests are not waited for
