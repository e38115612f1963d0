"""Output files of the data builder, and the index that lets training start anywhere in them."""

import collections
import contextlib
import io
import os
import zipfile

import numpy as np

from helpers.base import remote
from helpers.base.errors import TutorialError

RECORDS_NAME = "pretrain_data.tfrecord"
INDEX_NAME = "index.npz"
INDEX_STEP = 256  # records between two offsets in the index

# Bytes ``first`` to ``last`` of some records belong to ``file``, a path, from byte ``offset`` on.
Piece = collections.namedtuple("Piece", "file offset first last")


class RecordWriter:
    """Writes ``pretrain_data.tfrecord-{i}-of-{n}``, example k to file k modulo n, and keeps count.

    Attributes
    ----------
    examples : int
        Examples written.
    """

    def __init__(self, folder, count):
        self.folder = folder
        self.names = [f"{RECORDS_NAME}-{number}-of-{count}" for number in range(count)]
        self.examples = 0
        self._bytes = np.zeros(count, np.int64)
        self._records = np.zeros(count, np.int64)
        self._offsets = [[] for _ in range(count)]
        self._paths = [os.path.join(folder, name) for name in self.names]
        self._files = {}
        _allow_open_files(count)
        try:
            for path in self._paths:
                self._files[path] = remote.open_file(path, "wb")
        except OSError as error:
            self.close()
            raise TutorialError(f"cannot write {count} files in {folder} ({error.strerror}): ask for fewer")

    def append(self, records, sizes):
        """Write the records of the next ``len(sizes)`` examples.

        ``records`` (bytes) and ``sizes`` (int64 [examples]) are in the order of ``order(first, examples, files)``.
        """
        view = memoryview(records)
        for piece in self.pieces(sizes):
            self._files[piece.file].write(view[piece.first : piece.last])

    def pieces(self, sizes):
        """Where the records of the next ``len(sizes)`` examples go, as ``append`` has them; they count as written.

        The list of Piece is for ``write_pieces``, by which several processes write the same files.
        """
        files = np.arange(self.examples, self.examples + len(sizes)) % len(self.names)
        ends, done, pieces = np.cumsum(sizes), 0, []
        starts = ends - sizes
        for file, count in zip(*np.unique(files, return_counts=True)):
            first, last = starts[done], ends[done + count - 1]
            pieces.append(Piece(self._paths[file], int(self._bytes[file]), int(first), int(last)))
            indexed = slice(done + (-self._records[file]) % INDEX_STEP, done + count, INDEX_STEP)
            self._offsets[file] += (starts[indexed] - first + self._bytes[file]).tolist()
            self._bytes[file] += last - first
            self._records[file] += count
            done += count
        self.examples += len(sizes)
        return pieces

    def close(self):
        """Close all files."""
        for file in self._files.values():
            file.close()

    def save_index(self):
        """Write index.npz: names of the files, their bytes and records, where every 256th record starts."""
        packed = io.BytesIO()  # np.savez seeks, which not every file system can do
        np.savez(
            packed,
            step=INDEX_STEP,
            names=np.array(self.names),
            bytes=self._bytes,
            records=self._records,
            offsets=np.array([offset for offsets in self._offsets for offset in offsets], np.int64),
        )
        with remote.open_file(os.path.join(self.folder, INDEX_NAME), "wb") as file:
            file.write(packed.getvalue())

    def summary(self):
        """[name, bytes, records] of every file."""
        return [list(item) for item in zip(self.names, self._bytes.tolist(), self._records.tolist())]


def write_pieces(records, pieces):
    """Write parts of ``records`` (bytes) into files of this machine that are there, at the places of RecordWriter."""
    view = memoryview(records)
    for piece in pieces:
        with open(piece.file, "r+b") as file:
            file.seek(piece.offset)
            file.write(view[piece.first : piece.last])


def order(first, examples, files):
    """The order in which ``append`` wants ``examples`` examples, the first of which has number ``first``."""
    return np.argsort(np.arange(first, first + examples) % files, kind="stable")


def read_index(folder, step):
    """index.npz as {path: (offset of every ``step``-th record, records, bytes)}; empty when there is none for it."""
    try:
        with remote.open_file(os.path.join(folder, INDEX_NAME)) as file:
            if not zipfile.is_zipfile(file):  # NumPy 1.18 would say so only after a traceback of its own
                return {}
            file.seek(0)
            with np.load(file, allow_pickle=False) as index:
                if int(index["step"]) != step:
                    return {}
                names, records, sizes = index["names"].tolist(), index["records"], index["bytes"].tolist()
                offsets = np.split(index["offsets"], np.cumsum(-(-records // step))[:-1])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    paths = [os.path.join(folder, name) for name in names]
    return dict(zip(paths, zip(offsets, records.tolist(), sizes)))


def _allow_open_files(count):
    """Raise this process's limit of open files, where there is one and it is too low."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < count + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))
