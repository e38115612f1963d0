"""One run at a time in a DATA_DIR: locks that name their holder and that a killed process cannot leave behind.

======================================== =============================================================
lock                                     held while
======================================== =============================================================
DATA_DIR/.lock                           corpus, vocabulary or examples are made
DATA_DIR/models/.MODEL_NAME.lock         that model is trained
DATA_DIR/models/.MODEL_NAME.export.lock  that model is converted
======================================== =============================================================

Two models may be trained side by side; data that a training reads are not remade under it.  The kernel
drops a lock (``flock``) with the process that holds it, so one whose holder was killed is free at once.
What stands in the file only says who the holder is; where a file system has no ``flock``, it decides.
"""

import contextlib
import glob
import json
import os
import socket
import time
from typing import Any, Callable, Iterator, Optional

from helpers.base.errors import TutorialError

try:
    import fcntl
except ImportError:  # Windows: two runs at once are not noticed there
    fcntl = None

Say = Callable[[str], Any]  # hears a sentence

POLL_SECONDS = 0.1
LONGEST_WAIT = 150.0  # for a process that is ending: more than SECONDS_TO_SAVE of environment/child_main.py

ends_with = (
    None  # process id of the parent that this process does not outlive (helpers/environment/child_main.py sets it)
)


@contextlib.contextmanager
def data(data_dir: str, what: str, say: Say = lambda text: None) -> Iterator[None]:
    """Hold DATA_DIR's lock while ``what`` is made there; TutorialError, with the other's process id, if it is taken.

    ``say(text)`` hears of a lock taken over and of waiting for a process that is ending.
    """
    with _held(os.path.join(data_dir, ".lock"), data_dir, what, say):
        for path in glob.glob(os.path.join(glob.escape(data_dir), "models", ".*.lock")):
            _refuse_if_held(path, data_dir, say)
        yield


@contextlib.contextmanager
def model(
    model_dir: str, data_dir: Optional[str], what: str, say: Say = lambda text: None, kind: str = ""
) -> Iterator[None]:
    """Hold a model's lock while it is trained or, with ``kind`` ".export", converted; else as :func:`data`."""
    folder, name = os.path.split(os.path.abspath(model_dir))
    with _held(os.path.join(folder, f".{name}{kind}.lock"), model_dir, what, say):
        if data_dir is not None:
            _refuse_if_held(os.path.join(data_dir, ".lock"), data_dir, say)
        yield


def alive(pid: int) -> bool:
    """Whether a process of this machine lives; one that has ended and is not yet reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return True


def grab(descriptor: int) -> Optional[bool]:
    """Lock an open file or folder without waiting: True, False where another has it, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None


@contextlib.contextmanager
def _held(path, folder, what, say):
    if "://" in path:  # a remote file system has no locks
        yield
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    file = _acquired(path, folder, say)
    with file:
        _note(file, what)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.remove(path)  # before it is let go: whoever waits for it looks whether it is still there


def _acquired(path, folder, say):
    """The lock's file, open and locked."""
    waited_until = None
    while True:
        file = open(path, "a+", encoding="utf-8")
        got = grab(file)
        holder = _read(file)
        taken = got is False or (got is None and _claims(holder))
        if not taken and _is(path, file):
            if holder:
                say(f"{_named(holder)} was killed: its lock is taken over")
            return file
        file.close()
        if taken:
            waited_until = _wait_or_refuse(holder, path, folder, say, waited_until)


def _refuse_if_held(path, folder, say):
    """Raise TutorialError while another process holds the lock ``path``."""
    waited_until = None
    while True:
        try:
            with open(path, encoding="utf-8") as file:
                got = grab(file)  # for a moment, where it is free
                holder = _read(file)
        except OSError:
            return
        if got or (got is None and not _claims(holder)):
            return
        waited_until = _wait_or_refuse(holder, path, folder, say, waited_until)


def _wait_or_refuse(holder, path, folder, say, waited_until):
    """Wait a moment for a holder that is ending; returns until when that makes sense."""
    here = holder.get("host") == socket.gethostname()
    parent = holder.get("parent")
    ending = here and (not alive(holder["pid"]) or (parent and not alive(parent)))
    if ending and waited_until is None:
        waited_until = time.monotonic() + LONGEST_WAIT
        say(f"waiting for {_named(holder)} to end")
    # Between the moment that it locks the file and the moment that it says who it is, a holder has no name.
    if not holder and waited_until is None:
        waited_until = time.monotonic() + 2
    if waited_until is None or time.monotonic() > waited_until:
        where = "" if here or not holder else f"; if it is gone for good, remove {path}"
        raise TutorialError(
            f"{_named(holder)} is at work in {folder}: wait for it or stop it, then run this again{where}"
        )
    time.sleep(POLL_SECONDS)
    return waited_until


def _claims(holder):
    """Whether a record, where there is nothing else to go by, speaks of a run that may live."""
    if not holder or holder["pid"] == os.getpid():
        return False
    return holder.get("host") != socket.gethostname() or alive(holder["pid"])


def _note(file, what):
    record = dict(pid=os.getpid(), host=socket.gethostname(), what=what, since=time.strftime("%Y-%m-%d %H:%M:%S"))
    if ends_with is not None:
        record["parent"] = ends_with
    with contextlib.suppress(OSError):  # a full disk: the lock holds without a name as well
        file.seek(0)
        file.truncate()
        file.write(f"{json.dumps(record)}\n")
        file.flush()


def _read(file):
    """The holder's record, {} where there is none that can be read."""
    try:
        file.seek(0)
        record = json.loads(file.read(4096))
        return record if isinstance(record["pid"], int) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is(path, file):
    """Whether ``path`` is the open file still: its last holder has removed it otherwise."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


def _named(holder):
    if not holder:
        return "another run"
    elsewhere = "" if holder.get("host") == socket.gethostname() else f" on {holder.get('host')}"
    return f"another run (process {holder['pid']}{elsewhere}: {holder.get('what')}, since {holder.get('since')})"
