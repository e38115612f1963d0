"""Processes that do tasks in order, and are gone when their parent is."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from helpers.base.errors import TutorialError
from helpers.data.dataset.executors import DIED, WorkerProcess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MEGABYTES = 4  # more than any pipe holds


def twice(values):
    return values + values


def fail():
    raise FileNotFoundError(2, "No such file", "a.txt")


def test_results_come_in_order_whatever_is_asked_for_first():
    with WorkerProcess() as worker:
        assert worker.submit(os.getpid).result() != os.getpid()
        first, second, third = (worker.submit(divmod, number, 3) for number in (7, 8, 9))
        assert third.result() == (3, 0)
        assert first.done() and second.done()
        assert (first.result(), second.result()) == ((2, 1), (2, 2))


def test_a_result_that_has_not_come_is_not_done():
    with WorkerProcess() as worker:
        result = worker.submit(time.sleep, 1)
        assert not result.done()
        result.result()
        assert result.done()


def test_large_tasks_and_results_do_not_wait_for_each_other():
    values = bytes(MEGABYTES << 20)
    with WorkerProcess() as worker:
        results = [worker.submit(twice, values) for _ in range(5)]
        assert [len(result.result()) for result in results] == [2 * len(values)] * 5


def test_an_error_is_raised_where_the_result_is_asked_for():
    with WorkerProcess() as worker:
        failed = worker.submit(fail)
        assert worker.submit(divmod, 7, 3).result() == (2, 1)
        with pytest.raises(FileNotFoundError, match="No such file: 'a.txt'"):
            failed.result()


def ignore_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def test_it_is_gone_at_the_end_even_where_a_gentle_signal_is_lost():
    gone = []

    def work():
        with WorkerProcess() as worker:
            worker.submit(ignore_sigterm).result()
        gone.append(worker)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert gone


def test_a_process_that_dies_is_said():
    with WorkerProcess() as worker:
        with pytest.raises(TutorialError, match=DIED):
            worker.submit(os._exit, 1).result()
        with pytest.raises(TutorialError, match=DIED):
            worker.submit(os.getpid).result()


def test_a_busy_process_is_gone_at_the_end():
    with WorkerProcess() as worker:
        pid = worker.submit(os.getpid).result()
        worker.submit(time.sleep, 600)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_processes_end_with_a_parent_that_is_killed():
    code = (
        "import os, time\n"
        "from helpers.data.dataset.executors import WorkerProcess\n"
        "workers = [WorkerProcess() for _ in range(3)]\n"
        "for worker in workers: print(worker.submit(os.getpid).result(), flush=True)\n"
        "for worker in workers: worker.submit(time.sleep, 600)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, universal_newlines=True
    ) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(3)]
        assert parent.stdout.readline() == "ready\n"
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == ""  # ends when the last process that could write is gone
    end = time.monotonic() + 60
    while any(map(_running, pids)):  # files are closed a moment before a process is gone
        assert time.monotonic() < end
        time.sleep(0.01)


def _running(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
