"""Files and folders that are either whole or not there, and JSON files read and written."""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from typing import IO, Any, BinaryIO, Callable, Dict, Iterator, List, Union

from helpers.base import lock
from helpers.base.errors import TutorialError

# The project's folder, which holds helpers/, notebooks/ and the environments.
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHUNK_BYTES = 1 << 20
SECONDS_TO_DISK = 1.0  # between two times that what a long step has written is brought to the disk
OLD = ".old"  # ends the name of a folder that is being replaced


@contextlib.contextmanager
def write_aside(path: Union[str, os.PathLike], mode: str = "w", **open_arguments: Any) -> Iterator[IO]:
    """Open a temporary neighbour of ``path`` and rename it to ``path`` when the block ends well.

    Text is UTF-8 with ``\\n`` line ends unless ``open_arguments`` say otherwise.  When the block
    raises, ``path`` is left as it was and the temporary file is removed.
    """
    path = _named(path)
    if os.path.isdir(path):  # said of the path, and not of its temporary neighbour
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    remove_leftovers(path)
    if "b" not in mode:
        open_arguments.setdefault("encoding", "utf-8")
        open_arguments.setdefault("newline", "\n")
    aside = f"{path}.tmp-{os.getpid()}"
    try:
        with open(aside, mode, **open_arguments) as file:
            lock.grab(file.fileno())  # says to other machines that it is being written
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(aside)


@contextlib.contextmanager
def write_folder_aside(folder: Union[str, os.PathLike]) -> Iterator[str]:
    """Give an empty neighbour of ``folder``, and put it in ``folder``'s place when the block ends well."""
    folder = os.path.abspath(_named(folder))
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    remove_leftovers(folder)
    aside = tempfile.mkdtemp(prefix=f"{os.path.basename(folder)}.tmp-{os.getpid()}-", dir=os.path.dirname(folder))
    os.chmod(aside, 0o755)
    with _open_folder(aside) as descriptor:
        lock.grab(descriptor)
        try:
            with _brought_to_disk(aside):
                yield aside
            if os.path.isdir(folder):
                # The old folder steps aside under a name that a crash between the two renames leaves findable.
                retired = aside + OLD
                os.rename(folder, retired)
                os.rename(aside, folder)
                shutil.rmtree(retired)
            else:
                os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _named(path):
    """``path`` as text; raises TutorialError where it is empty, which would stand for the working directory."""
    path = os.fspath(path)
    if not path:
        raise TutorialError("the path of what is to be written is empty: name a file or folder")
    return path


def remove_leftovers(path: str) -> None:
    """Remove what killed processes have left of their attempts to write the file or folder ``path``.

    A process that lives, here or (where files can be locked) on another machine, keeps its own.  Where a
    process died between the two renames that replace a folder, the earlier folder comes back first.
    """
    parent, name = os.path.split(os.path.abspath(path))
    pattern = re.compile(re.escape(name) + rf"\.tmp-(\d+)(-[^.]+)?({re.escape(OLD)})?$")
    try:
        found = [pattern.match(entry) for entry in sorted(os.listdir(parent))]
    except OSError:
        return
    for match in filter(None, found):
        leftover = os.path.join(parent, match.group())
        if not _abandoned(leftover, int(match.group(1))):
            continue
        if match.group(3) and not os.path.lexists(path):
            os.rename(leftover, path)
        elif os.path.isdir(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.remove(leftover)


def _abandoned(path, pid):
    if lock.fcntl is None or pid == os.getpid() or lock.alive(pid):
        return False
    try:
        with _open_folder(path) as descriptor:
            return lock.grab(descriptor) is True
    except OSError:
        return False


@contextlib.contextmanager
def _open_folder(path):
    """A descriptor of a folder (or file) to lock, closed with the block."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _brought_to_disk(folder):
    """See that a folder's files are on the disk when the block ends, and on their way there while it lasts.

    Left to the end, gigabytes would have to be waited for with nothing else to do.
    """
    ended, failed = threading.Event(), []

    def meanwhile():
        while not ended.wait(SECONDS_TO_DISK):
            try:
                _bring_to_disk(folder)
            except FileNotFoundError:
                pass  # it had another name when it was listed
            except OSError as error:  # the system tells of a lost write but once
                failed.append(error)

    thread = threading.Thread(target=meanwhile, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failed:
        raise failed[0]
    _bring_to_disk(folder)


def _bring_to_disk(folder):
    """Wait until the files of a folder are on the disk: a rename may get there sooner than what it names."""
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                os.fsync(file.fileno())


def sha256(path: str) -> str:
    """Hex digest of a file's content, read in constant memory."""
    return digest_of(open(path, "rb"))


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of what an open binary file holds, as hex digits; closes it."""
    digest = hashlib.sha256()
    with file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            digest.update(chunk)
    return digest.hexdigest()


def read_json(path: str, default: Any = None) -> Any:
    """The object in a JSON file, or ``default`` when there is no such file or it is not JSON."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return default


def read_settings(path: str, open_file: Callable[[str, str], IO] = open) -> Dict[str, Any]:
    """The object in a JSON file that decides something, {} when there is no such file.

    Raises TutorialError when it is damaged: going on without it would be another run in silence.
    """
    try:
        with open_file(path, "rb") as file:
            settings = json.loads(file.read().decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise TutorialError(f"{path} cannot be read ({error}): mend it or remove it")
    if not isinstance(settings, dict):
        raise TutorialError(f"{path} holds no JSON object: mend it or remove it")
    return settings


def write_json(path: str, value: Any) -> None:
    """Write ``value`` as indented JSON, aside and renamed."""
    with write_aside(path) as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def fingerprint(path: str) -> List[int]:
    """Size and modification time of a file: what tells in no time that it has not changed.

    A step records the sha256 of small inputs and the fingerprint of large ones.
    """
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns]
