"""The one place where the data builder and the record reader touch files.

A path with a scheme (``gs://…``, ``hdfs://…``) goes through TensorFlow's gfile, which is imported
only then; any other path is a plain local file and TensorFlow is never loaded.
"""

import contextlib
import fnmatch
import io
import os
from typing import BinaryIO, Iterator, List

from helpers.base import files
from helpers.base.errors import TutorialError

BUFFER_BYTES = 1 << 20


def is_remote(path: str) -> bool:
    """True when ``path`` names a file system that only gfile reaches."""
    return "://" in path


def parent(path: str) -> str:
    """The folder that ``path`` lies in."""
    return path.rstrip("/").rsplit("/", 1)[0] if is_remote(path) else os.path.dirname(os.path.abspath(path))


def open_file(path: str, mode: str = "rb") -> BinaryIO:
    """A buffered binary file object for ``path``; ``mode`` is "rb" or "wb".  Raises OSError when it cannot be had."""
    if not is_remote(path):
        return open(path, mode)
    if mode == "rb":
        file_size(path)  # raises where there is none; gfile itself would say so at the first read only
    file = _RemoteFile(path, mode)
    return io.BufferedReader(file, BUFFER_BYTES) if mode == "rb" else io.BufferedWriter(file, BUFFER_BYTES)


def read_range(path: str, start: int, stop: int) -> bytes:
    """The bytes ``start`` to ``stop`` of a file.

    Of a remote one no more is asked for; TensorFlow's reader beneath fetches half a megabyte at a time.
    """
    if not is_remote(path):
        with open(path, "rb") as file:
            file.seek(start)
            return file.read(stop - start)
    with _RemoteFile(path, "rb") as file:
        file.seek(start)
        return file.read(stop - start)


def file_size(path: str) -> int:
    """Size of a file in bytes."""
    return _ask("Stat", path).length if is_remote(path) else os.path.getsize(path)


def fingerprint(path: str) -> List[int]:
    """Size and modification time: what tells in no time that a file has not changed."""
    if not is_remote(path):
        return files.fingerprint(path)
    status = _ask("Stat", path)
    return [status.length, status.mtime_nsec]


def sha256(path: str) -> str:
    """Hex digest of a file's content, read in constant memory."""
    return files.digest_of(open_file(path))


def file_exists(path: str) -> bool:
    """True when ``path`` is there and is a file."""
    if not is_remote(path):
        return os.path.isfile(path)
    return bool(_ask("Exists", path)) and not _ask("IsDirectory", path)


def list_files(folder: str, pattern: str = "*") -> List[str]:
    """Sorted names of the plain files in ``folder`` that match ``pattern`` (shell style, case matters).

    A remote folder is asked once for all: object stores mark folders by a slash at the name's end, and to ask for each
    of thousands of names would take minutes.
    """
    if is_remote(folder):
        names = [name for name in _ask("ListDirectory", folder) if not name.endswith("/")]
    else:
        names = [name for name in os.listdir(folder) if not os.path.isdir(os.path.join(folder, name))]
    return sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))


def list_folder(folder: str) -> List[str]:
    """Names of all that is in ``folder``."""
    return [name.rstrip("/") for name in _ask("ListDirectory", folder)] if is_remote(folder) else os.listdir(folder)


def folder_exists(folder: str) -> bool:
    """True when ``folder`` is there and is a folder; raises TutorialError where nothing can be asked."""
    if not is_remote(folder):
        return os.path.isdir(folder)
    if _ask("IsDirectory", folder):
        return True
    try:
        _ask("Exists", folder)  # raises for an unknown scheme or a server out of reach, where IsDirectory says no
    except OSError as error:
        raise TutorialError(f"{folder} cannot be reached: {error.strerror}")
    return False


@contextlib.contextmanager
def output_folder(folder: str, last: str) -> Iterator[str]:
    """Give an empty folder to fill that becomes ``folder``; the file ``last`` is to be written last.

    A local folder is filled aside and renamed when the block ends well.  Object stores cannot rename a folder:
    there the earlier files go first, ``last`` before all, and a folder without ``last`` is one that is not whole.
    """
    if not is_remote(folder):
        with files.write_folder_aside(folder) as aside:
            yield aside
        return
    _ask("MakeDirs", folder)
    for name in sorted(list_files(folder), key=lambda name: name != last):
        _ask("Remove", os.path.join(folder, name))
    yield folder


def _ask(what, path):
    """Call a function of gfile; its errors become OSErrors."""
    from tensorflow.compat.v1 import errors, gfile

    try:
        return getattr(gfile, what)(path)
    except errors.OpError as error:
        raise _os_error(error, path)


def _os_error(error, path):
    kind = FileNotFoundError if type(error).__name__ == "NotFoundError" else OSError
    return kind(0, " ".join(str(error.message).split())[:300], path)


class _RemoteFile(io.RawIOBase):
    """A file behind gfile as Python's io wants it."""

    def __init__(self, path, mode):
        from tensorflow.compat.v1 import errors, gfile

        super().__init__()
        self._path, self._reads, self._errors = path, mode == "rb", errors.OpError
        self._file = gfile.GFile(path, mode)

    @contextlib.contextmanager
    def _translated(self):
        try:
            yield
        except self._errors as error:
            raise _os_error(error, self._path)

    def readable(self):
        return self._reads

    def writable(self):
        return not self._reads

    def seekable(self):
        return self._reads

    def readinto(self, buffer):
        with self._translated():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        with self._translated():
            self._file.write(bytes(data))
        return len(data)

    def seek(self, offset, whence=io.SEEK_SET):
        place = offset + (
            0 if whence == io.SEEK_SET else self.tell() if whence == io.SEEK_CUR else file_size(self._path)
        )
        with self._translated():
            self._file.seek(place)
        return place

    def tell(self):
        with self._translated():
            return self._file.tell()

    def close(self):
        if not self.closed:
            with self._translated():
                self._file.close()
        super().close()
