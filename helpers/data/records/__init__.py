"""Training examples in an order that is a pure function of (seed, position): nothing to save, nothing to replay.

The files are read in blocks of up to 256 consecutive records.  Each epoch shuffles the blocks of all
files; 64 blocks at a time make a window, whose examples are shuffled among themselves.  Both permutations
come from generators keyed by (seed, epoch) and (seed, epoch, window), so the batch of any step can be read
at once: find its window, read 64 blocks, pick.  Every epoch has each example exactly once, and batches run
on from one epoch into the next.  Works on our files and on google-research/electra's; needs NumPy only.
"""

import collections
import hashlib
import os
import queue
import threading

import numpy as np

from helpers.base import manifest, remote
from helpers.base.errors import TutorialError
from helpers.data.records import codec, tfrecord
from helpers.data.records.writer import INDEX_NAME, INDEX_STEP, RECORDS_NAME, read_index

FEATURES = ("input_ids", "input_mask", "segment_ids")
WINDOW_BLOCKS = 64
BESIDE = (INDEX_NAME, manifest.FILE)  # what lies among the records, and a pattern such as folder/* matches

Block = collections.namedtuple("Block", "path start stop first records")  # bytes start:stop of path


def permutation(count, *key):
    """A permutation of ``range(count)`` that depends on ``key`` alone, on every NumPy there is."""
    digest = hashlib.sha256(repr(tuple(map(int, key))).encode()).digest()
    # RandomState's stream is frozen by NumPy's compatibility policy; Generator's is not.
    return np.random.RandomState(np.frombuffer(digest, "<u4")).permutation(count)


class RecordFiles:
    """All examples in the files that match a pattern.

    Parameters
    ----------
    pattern : str
        For example ``data/pretrain_tfrecords/pretrain_data.tfrecord*``; a folder stands for all such files in it.
    reporter : events.Reporter, optional
        Told about the counting of records where no index.npz says how many there are.
    block_records, window_blocks : int
        Size of the shuffle; part of the order's definition.
    vocab_size, type_vocab_size : int, optional
        Examples with token or segment ids beyond them are refused as soon as they are read.

    Attributes
    ----------
    count : int
        Examples in all files.
    length : int
        Tokens in an example, padding included.
    """

    def __init__(
        self,
        pattern,
        reporter=None,
        block_records=INDEX_STEP,
        window_blocks=WINDOW_BLOCKS,
        vocab_size=None,
        type_vocab_size=None,
    ):
        self.paths = _matching(pattern)
        self.window_blocks, self._vocab_size, self._type_vocab_size = window_blocks, vocab_size, type_vocab_size
        columns = []
        for number, (offsets, records, size) in enumerate(_layouts(self.paths, block_records, reporter)):
            first = block_records * np.arange(len(offsets))
            count = np.minimum(block_records, records - first)
            columns.append((np.full(len(offsets), number), offsets, np.append(offsets, size)[1:], first, count))
        self._blocks = np.concatenate([np.stack(column, axis=1) for column in columns]).astype(np.int64)
        self._sizes = self._blocks[:, -1]
        self.count = int(self._sizes.sum())
        if self.count == 0:
            raise TutorialError(f"there are no examples in {pattern}: build the data again")
        self.length = self._example_length()

    def _example_length(self):
        block = self._block(0)
        try:
            content = _read(block)
            starts, sizes = tfrecord.frames(content)
            example = codec.parse(content[starts[0] : starts[0] + sizes[0]])
        except tfrecord.DamagedRecord as error:
            raise _damaged(block, error)
        if "input_ids" not in example:
            raise TutorialError(f"the examples in {block.path} have no input_ids: build the data again")
        return len(example["input_ids"])

    def _block(self, number):
        file, *rest = self._blocks[number].tolist()
        return Block(self.paths[file], *rest)

    def batches(self, batch_size, seed, start_step=0):
        """Endless batches in shuffled order, from step ``start_step`` (0 is the first) on.

        Yields dicts of int32 arrays [batch_size, length]: input_ids, input_mask, segment_ids.
        """
        return _batches(_ahead(self._windows(seed, start_step * batch_size)), batch_size, keep_rest=False)

    def in_order(self, batch_size):
        """All examples once, as they stand in the files; the last batch may be smaller."""
        return _batches(map(self._load, ([number] for number in range(len(self._blocks)))), batch_size, keep_rest=True)

    def read(self, step, batch_size, seed):
        """The batch of one step, read on its own."""
        return next(_batches(self._windows(seed, step * batch_size), batch_size, keep_rest=False))

    def _windows(self, seed, position):
        """Shuffled windows, one after the other and epoch after epoch, without the first ``position`` examples."""
        epoch, skip = divmod(position, self.count)
        while True:
            order = permutation(len(self._blocks), seed, epoch)
            starts = np.arange(0, len(order), self.window_blocks)
            sizes = np.add.reduceat(self._sizes[order], starts)
            ends = np.cumsum(sizes)
            for window in range(int(np.searchsorted(ends, skip, side="right")), len(starts)):
                mixed = permutation(int(sizes[window]), seed, epoch, window)
                mixed = mixed[max(0, skip - int(ends[window] - sizes[window])) :]
                examples = self._load(order[starts[window] : starts[window] + self.window_blocks])
                yield {name: values[mixed] for name, values in examples.items()}
            epoch, skip = epoch + 1, 0

    def _load(self, numbers):
        """The examples of some blocks, end to end."""
        parts = []
        for block in map(self._block, numbers):
            try:
                part = codec.decode(_read(block), FEATURES, self.length)
            except tfrecord.DamagedRecord as error:
                raise _damaged(block, error)
            if len(part["input_ids"]) != block.records:
                raise TutorialError(f"{block.path} is not what its index says: build the data again")
            self._check_ids(block, part["input_ids"])
            self._check_segments(block, part["segment_ids"])
            # Masks and segments are 0 or 1: a window of 16,384 examples of 128 tokens takes 12 MB.
            parts.append([part["input_ids"], part["input_mask"].astype(np.int8), part["segment_ids"].astype(np.int8)])
        return dict(zip(FEATURES, map(np.concatenate, zip(*parts))))

    def _check_ids(self, block, ids):
        """TensorFlow would look beyond the end of its embeddings, which is an error on a CPU and zeros on a GPU."""
        if self._vocab_size is not None and not (ids.min() >= 0 and ids.max() < self._vocab_size):
            raise TutorialError(
                f"{block.path} has the token number {ids.max() if ids.min() >= 0 else ids.min()}, and vocab_size is "
                f"{self._vocab_size}: it was built with another vocabulary; build the data again"
            )

    def _check_segments(self, block, ids):
        size = self._type_vocab_size
        if size is not None and not (ids.min() >= 0 and ids.max() < size):
            wrong = int(ids.max() if ids.min() >= 0 else ids.min())
            raise TutorialError(
                f"{block.path} has the segment number {wrong}, and type_vocab_size is {size}: raise it in "
                "model_hparam_overrides, or build the data again"
            )


def _batches(windows, batch_size, keep_rest):
    """Cut windows into batches of ``batch_size`` examples; masks and segments become int32."""
    held, count = [], 0
    for window in windows:
        place = 0
        size = len(window["input_ids"])
        while count + size - place >= batch_size:
            stop = place + batch_size - count
            yield _join(held + [(window, place, stop)])
            held, count, place = [], 0, stop
        if place < size:
            held.append((window, place, size))
            count += size - place
    if keep_rest and held:
        yield _join(held)


def _join(parts):
    return {
        name: np.concatenate([window[name][start:stop] for window, start, stop in parts]).astype(np.int32)
        for name in FEATURES
    }


def _ahead(items):
    """Yield ``items`` while a thread makes the next one, and no more than that."""
    ready, wanted, closed = queue.Queue(), threading.Semaphore(0), threading.Event()

    def work():
        try:
            for item in items:
                ready.put((item, None))
                wanted.acquire()
                if closed.is_set():
                    return
        except BaseException as error:  # handed over to the reader
            ready.put((None, error))

    threading.Thread(target=work, name="records ahead", daemon=True).start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            wanted.release()
            yield item
    finally:
        closed.set()
        wanted.release()


# ---------------------------------------------------------------------------------------------- files


def _matching(pattern):
    """Paths of the record files of a pattern or folder, sorted by name, numbers as numbers."""
    if remote.folder_exists(pattern):
        pattern = os.path.join(pattern, f"{RECORDS_NAME}*")
    folder, name = os.path.split(pattern)
    folder = folder or "."
    names = remote.list_files(folder, name) if remote.folder_exists(folder) else []
    names = [name for name in names if name not in BESIDE]
    if not names:
        raise TutorialError(f"no TFRecord files match {pattern}: build the data first (python -m helpers.data.dataset)")
    return [os.path.join(folder, name) for name in sorted(names, key=_natural)]


def _natural(name):
    digits = "".join(character if character.isdigit() else " " for character in name).split()
    return [int(number) for number in digits], name


def _layouts(paths, step, reporter):
    """For each file: (offset of every ``step``-th record, records, bytes)."""
    index, unknown, found = {}, [], {}
    for folder in {os.path.dirname(path) for path in paths}:
        index.update(read_index(folder, step))
    for path in paths:
        # Of remote files the index is believed: each question takes a twentieth of a second, and there are thousands.
        # Where it is wrong, the first block that is read says so.
        if path in index and (remote.is_remote(path) or index[path][2] == remote.file_size(path)):
            found[path] = index[path]
        else:
            unknown.append((path, remote.file_size(path)))
    if unknown and reporter:
        reporter.start("Counting examples", total=sum(size for _, size in unknown), unit="B")
    for path, size in unknown:
        found[path] = _scan(path, size, step) + (size,)
        if reporter:
            reporter.advance(size)
    if unknown and reporter:
        reporter.close()
    return [found[path] for path in paths]


def _scan(path, size, step):
    """Hop from record to record: (offsets of every ``step``-th record, records)."""
    offsets, count, place = [], 0, 0
    with remote.open_file(path) as file:
        while place < size:
            if count % step == 0:
                offsets.append(place)
            header = file.read(tfrecord.HEADER_BYTES)
            if len(header) < tfrecord.HEADER_BYTES:
                break
            place += tfrecord.HEADER_BYTES + tfrecord.HEADER.unpack(header)[0] + tfrecord.FOOTER_BYTES
            if place > size:
                break
            count += 1
            file.seek(place)
    if place != size:
        raise TutorialError(f"{path} is damaged: record {count} does not end within it; build the data again")
    return np.array(offsets, np.int64), count


def _read(block):
    return remote.read_range(block.path, block.start, block.stop)


def _damaged(block, error):
    row, what = error.args
    return TutorialError(f"{block.path} is damaged at record {int(block.first + row)}: {what}; build the data again")
