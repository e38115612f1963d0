"""Text to records on any number of processors, in constant memory, with one outcome.

A chunk of text takes two tasks: ``measure`` tokenizes it and returns the sentences' lengths, from which this
process plans the examples; ``encode`` makes their records, which this process appends to the files in order.
Tokens stay where they were made.  A task is a function of its arguments alone, so it may run anywhere and
more than once: a worker that did not measure a chunk tokenizes it again before encoding.

Processes of this machine do better: records stay with them too, and a third task, ``place``, puts them where
this process says.  This process takes chunks itself when the others have enough to do, so that there are never
more busy processes than were asked for.
"""

import collections
import concurrent.futures
import threading

import numpy as np

from helpers.base.errors import TutorialError
from helpers.data.dataset.account import Account
from helpers.data.dataset.chunks import chunks, read
from helpers.data.dataset.examples import fill, truncated
from helpers.data.dataset.executors import WorkerProcess
from helpers.data.records import codec
from helpers.data.records.writer import order, write_pieces
from helpers.data.vocabulary.chunk_tokens import chunk_tokenizer

IN_FLIGHT = 12  # chunks that may wait for each step, for each processor
ENOUGH_TASKS = 12  # for another process, before this one takes a chunk itself
KEPT_CHUNKS = 32

# What every task needs to know, small and picklable; the first five are what chunk_tokenizer takes.
# ``workers_place``: whether records are put into the files by ``place``, and not sent here.
Settings = collections.namedtuple(
    "Settings",
    "vocab_file vocab_sha256 do_lower_case strip_accents cut_long_words blanks_separate_docs max_seq_length "
    "num_out_files cls sep workers_place",
)

# What the planner needs of a chunk: ``lengths``, ``breaks`` as in Sentences, ``tokens``: their number, and
# ``tail``: int32, the last of them, as many as may have to wait for the next chunk.  ``counts``: what else the account
# of the text is made of, as Account.add takes it.
Measured = collections.namedtuple("Measured", "lengths breaks tokens tail counts")

_one_at_a_time = threading.Lock()  # a cluster's worker may run tasks in several threads
_kept = collections.OrderedDict()  # this process's tokens of chunks measured and not yet encoded
_to_place = {}  # and its records of chunks encoded and not yet placed


def measure(settings, chunk):
    """Task: tokenize a chunk; its Measured."""
    with _one_at_a_time:
        sentences = _tokenize(settings, chunk)
        _kept[chunk.path, chunk.start] = sentences.tokens
        while len(_kept) > KEPT_CHUNKS:
            _kept.popitem(last=False)
    breaks = sentences.breaks if settings.blanks_separate_docs else sentences.breaks[:0]
    tail = sentences.tokens[-settings.max_seq_length :].copy()
    return Measured(sentences.lengths, breaks, len(sentences.tokens), tail, sentences[3:])


def encode(settings, chunk, carried, plan, first):
    """Task: make the records of planned examples.

    Parameters
    ----------
    carried : int32 [tokens]
        Tokens from earlier chunks, which stand before those of ``chunk``.
    plan : Plan
        Of examples that all end in ``chunk``.
    first : int
        Number of the first of them in the whole corpus.

    Returns
    -------
    (bytes or None, int64 [examples])
        As RecordWriter.append wants them; None where they stay here to be placed.
    """
    with _one_at_a_time:
        tokens = _kept.pop((chunk.path, chunk.start), None)
        if tokens is None:
            tokens = _tokenize(settings, chunk).tokens
    tokens = np.concatenate([carried, tokens])
    inputs = fill(tokens, plan, settings.max_seq_length, settings.cls, settings.sep)
    rows = order(first, len(plan.a), settings.num_out_files)
    records, sizes = codec.encode({name: values[rows] for name, values in inputs.items()})
    if not settings.workers_place:
        return records, sizes
    _to_place[chunk.path, chunk.start] = records
    return None, sizes


def place(chunk, pieces):
    """Task, for the process that encoded a chunk: put its records into the files, as RecordWriter.pieces says."""
    write_pieces(_to_place.pop((chunk.path, chunk.start)), pieces)


def _tokenize(settings, chunk):
    tokenizer = chunk_tokenizer(*settings[:5])
    text = read(chunk)
    try:
        return tokenizer(text)
    except UnicodeDecodeError as error:
        place = chunk.start + text.find(error.object)
        raise TutorialError(
            f"{chunk.path} is not UTF-8 (see byte {place}): the corpus step (python -m helpers.data.corpus --source "
            "FILE) finds its encoding and writes it as UTF-8"
        )


class Here(concurrent.futures.Executor):
    """Runs each task in this process as it is submitted."""

    def submit(self, task, *arguments):
        future = concurrent.futures.Future()
        future.set_result(task(*arguments))
        return future


def local_executors(processes, stack):
    """One executor for each process, this one included; closed with ``stack``."""
    return [Here()] + [stack.enter_context(WorkerProcess()) for _ in range(processes - 1)]


class _Run:
    """Chunks on their way through the tasks; in order, for the places of a chunk's records depend on all before."""

    def __init__(self, settings, planner, writer, executors, advance):
        self.settings, self.planner, self.writer, self.advance = settings, planner, writer, advance
        self.here = [executor for executor in executors if isinstance(executor, Here)]
        self.unfinished = {executor: [] for executor in executors if executor not in self.here}
        self.waiting = IN_FLIGHT * len(executors) if self.unfinished else 0
        self.measured, self.encoded, self.placed = collections.deque(), collections.deque(), collections.deque()
        self.examples, self.account = 0, Account()
        self.carried = np.zeros(0, np.int32)

    def add(self, chunk):
        """Start with the next chunk, and go on with all whose next task can be given."""
        executor = self._free()
        self.measured.append((chunk, executor, self._submit(executor, measure, self.settings, chunk)))
        self.go_on(self.waiting)

    def go_on(self, waiting=0):
        """Take the steps that can be taken, and wait for those that leave more than ``waiting`` chunks behind.

        After a step that took this process's own time the others may be short of chunks: what is left can wait.
        """
        for chunks_under_way, step in (
            (self.measured, self._plan),
            (self.encoded, self._place),
            (self.placed, self._end),
        ):
            while chunks_under_way and (len(chunks_under_way) > waiting or chunks_under_way[0][-1].done()):
                worked_here = step(*chunks_under_way.popleft())
                if worked_here and len(chunks_under_way) <= waiting:
                    break

    def _free(self):
        """Where the next chunk goes: to the executor with the least to do, and only when all are busy here."""
        for executor, futures in self.unfinished.items():
            self.unfinished[executor] = [future for future in futures if not future.done()]
        least = min(self.unfinished, key=lambda executor: len(self.unfinished[executor]), default=None)
        if self.here and (least is None or len(self.unfinished[least]) > ENOUGH_TASKS):
            return self.here[0]
        return least

    def _submit(self, executor, task, *arguments):
        future = executor.submit(task, *arguments)
        if executor in self.unfinished:
            self.unfinished[executor].append(future)
        return future

    def _plan(self, chunk, executor, future):
        """Plan the examples that end in a chunk and have them encoded; whether this process did that."""
        lengths, breaks, count, tail, counts = future.result()
        self.account.add(len(lengths), count, *counts)
        plan = self.planner.add(lengths, breaks, chunk.is_last)
        if len(plan.a):
            self.account.truncated += truncated(plan, self.settings.max_seq_length)
            task = self._submit(executor, encode, self.settings, chunk, self.carried, plan, self.examples)
            self.encoded.append((chunk, executor, task))
            self.examples += len(plan.a)
        else:
            self.advance(chunk.used)
        left = len(self.carried) + count - int(plan.a.sum()) - int(plan.b.sum())
        self.carried = np.concatenate([self.carried, tail])[-left:] if left else self.carried[:0]
        return executor in self.here

    def _place(self, chunk, executor, future):
        records, sizes = future.result()
        if records is None:
            self.placed.append((chunk, self._submit(executor, place, chunk, self.writer.pieces(sizes))))
        else:
            self.writer.append(records, sizes)
            self.advance(chunk.used)

    def _end(self, chunk, future):
        future.result()
        self.advance(chunk.used)


def run(settings, paths, planner, writer, executors, advance, chunk_bytes):
    """Turn text files into records.

    Parameters
    ----------
    settings : Settings
    paths : list of str
        Corpus files in the order wanted.
    planner : Planner or SentencePlanner
    writer : RecordWriter
    executors : list of concurrent.futures.Executor
        Chunks go to the one that has least to do; all tasks of a chunk to the same.
    advance : callable
        Told how many bytes of the files have been dealt with.
    chunk_bytes : int

    Returns
    -------
    Account
        Of the corpus.
    """
    work = _Run(settings, planner, writer, executors, advance)
    for path in paths:
        for chunk in chunks(path, chunk_bytes):
            work.add(chunk)
    work.go_on()
    return work.account
