"""The data builder's tasks on a Dask cluster.

Each thread of each worker counts as one executor, so that a chunk's two tasks meet where its tokens are; when
a worker is lost Dask runs its tasks anew on another, which gives the same result.  Workers have to reach the
corpus and the vocabulary under the same paths, and have the project on their PYTHONPATH; without
``--local-directory`` a worker of Dask 2022 leaves a folder dask-worker-space where it was started:

    PYTHONPATH=/shared/project dask-worker tcp://scheduler:8786 --nthreads 1 --local-directory /tmp
"""

import contextlib
import itertools

from ..errors import TutorialError

CONNECT_SECONDS = 30
RETRIES = 3  # of a task whose worker was lost


@contextlib.contextmanager
def executors(address):
    """A list of executors on the cluster of the scheduler at ``address``, such as ``tcp://10.0.0.1:8786``."""
    try:
        import distributed
    except ImportError:
        raise TutorialError("--dask-scheduler needs the package distributed: pip install distributed")
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TutorialError("no Dask scheduler answers at %s: %s" % (address, error))
    with client:
        yield [_pinned(client, worker) for worker in _threads(client, address)]


def _threads(client, address):
    """The address of each worker, once for each of its threads, in turn."""
    try:
        client.run(_ready)
    except Exception as error:  # whatever a worker meets when it imports this module
        raise TutorialError("the Dask workers of %s cannot import the project (%s): start them with PYTHONPATH set to "
                            "its folder" % (address, str(error).split("\n")[0]))  # fmt: skip
    threads = client.nthreads()
    if not threads:
        raise TutorialError("the Dask scheduler at %s has no workers: start some with dask-worker" % address)
    rounds = [[worker] * count for worker, count in sorted(threads.items())]
    return [worker for turn in itertools.zip_longest(*rounds) for worker in turn if worker]


def _pinned(client, worker):
    return client.get_executor(workers=[worker], allow_other_workers=True, retries=RETRIES, pure=False)


def _ready():
    """Runs on every worker: it is enough that it can be found there."""
