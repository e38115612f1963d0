"""Processes of this machine that do tasks, each in the order given.

concurrent.futures would do, with two threads of the parent for each process.  Where the parent works as well, these
wait for its interpreter, and the processes for them: they stood idle for a twentieth of the time.  Here the parent
sends a task when it is given, and takes results when it asks for one.
"""

import collections
import contextlib
import itertools
import logging
import multiprocessing
import os
import queue
import shlex
import signal
import sys
import threading

from helpers.base.errors import TutorialError

DIED = "a worker process died, perhaps for lack of memory: take fewer --num-processes"


class WorkerProcess:
    """A process that calls functions, one after the other; a context manager, at whose end it is gone."""

    def __init__(self):
        self._connection, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_work, args=(theirs, self._connection), daemon=True)
        self._process.start()
        theirs.close()
        self._awaited = collections.deque()

    def submit(self, function, *arguments):
        """Have a function called, as an executor does; it, its arguments and what comes of it are pickled.

        Returns a Result.  Raises TutorialError, here or when the result is asked for, if the process has died.
        """
        result = Result(self._receive)
        try:
            self._connection.send((function, arguments))
        except OSError:
            raise TutorialError(DIED)
        self._awaited.append(result)
        return result

    def _receive(self, wait):
        """Take one result, which belongs to the task that has waited longest; whether there was one."""
        try:
            if not wait and not self._connection.poll():
                return False
            self._awaited[0].outcome = self._connection.recv()
        except (OSError, EOFError):
            raise TutorialError(DIED)
        self._awaited.popleft()
        return True

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        # It has nothing to do, or nothing that is still wanted.  A gentler signal that met it while it was being
        # forked would be lost.
        self._process.kill()
        self._process.join()
        self._connection.close()


class Result:
    """What will come of a task; ``outcome`` is (what was returned, what was raised) once it is here."""

    def __init__(self, receive):
        self._receive = receive
        self.outcome = None

    def done(self):
        """Whether it has come."""
        while self.outcome is None and self._receive(wait=False):
            pass
        return self.outcome is not None

    def result(self):
        """What the function returned, waited for; raises what it raised."""
        while self.outcome is None:
            self._receive(wait=True)
        returned, raised = self.outcome
        if raised is not None:
            raise raised
        return returned


def _work(connection, parents):
    """The process: calls what comes until the parent is gone."""
    parents.close()  # else this process itself would keep the pipe open
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    tasks = queue.Queue()
    threading.Thread(target=_take, args=(connection, tasks), daemon=True).start()
    while True:
        function, arguments = tasks.get()
        try:
            outcome = function(*arguments), None
        except Exception as error:
            outcome = None, error
        try:
            connection.send(outcome)
        except OSError:  # the parent was killed
            os._exit(1)


def _take(connection, tasks):
    """Keep the pipe empty: the parent must not wait to send while this process waits to send to it."""
    try:
        while True:
            tasks.put(connection.recv())
    except (OSError, EOFError):  # a parent that was killed cannot end this process
        os._exit(1)


CONNECT_SECONDS = 30
RETRIES = 3  # of a task whose worker was lost


@contextlib.contextmanager
def dask_executors(address):
    """A list of executors on the cluster of the scheduler at ``address``, such as ``tcp://10.0.0.1:8786``."""
    try:
        import distributed
    except ImportError:
        python = shlex.quote(sys.executable)
        raise TutorialError(f"--dask-scheduler needs the package distributed: {python} -m pip install distributed")
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TutorialError(f"no Dask scheduler answers at {address}: {error}")
    # When a build is stopped, they would show a traceback for each answer that was still under way.
    for name in ("asyncio", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with client:
        yield [_pinned(client, worker) for worker in _threads(client, address)]


def _threads(client, address):
    """The address of each worker, once for each of its threads, in turn."""
    try:
        client.run(_ready)
    except Exception as error:  # whatever a worker meets when it imports this module
        raise TutorialError("the Dask workers of {} cannot import the project ({}): start them with PYTHONPATH set to "
                            "its folder".format(address, str(error).split("\n")[0]))  # fmt: skip
    threads = client.nthreads()
    if not threads:
        raise TutorialError(
            f"the Dask scheduler at {address} has no workers: start some with "
            f"{shlex.quote(sys.executable)} -m distributed.cli.dask_worker {address}"
        )
    rounds = [[worker] * count for worker, count in sorted(threads.items())]
    return [worker for turn in itertools.zip_longest(*rounds) for worker in turn if worker]


def _pinned(client, worker):
    return client.get_executor(workers=[worker], allow_other_workers=True, retries=RETRIES, pure=False)


def _ready():
    """Runs on every worker: it is enough that it can be found there."""
