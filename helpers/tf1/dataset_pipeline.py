"""Text to records on any number of processors, in constant memory, with one outcome.

A chunk of text takes two tasks: ``measure`` tokenizes it and returns the sentences' lengths, from which this
process plans the examples; ``write`` makes their records, which this process appends to the files in order.
Tokens stay where they were made.  A task is a function of its arguments alone, so it may run anywhere and
more than once: a worker that did not measure a chunk tokenizes it again before writing.
"""

import collections
import concurrent.futures
import os
import signal
import threading
import time

import numpy as np

from ..errors import TutorialError
from .chunk_tokens import chunk_tokenizer
from .corpus_chunks import chunks, read
from .example_codec import encode
from .examples import fill
from .record_writer import order

IN_FLIGHT = 2  # chunks measured ahead, and chunks of records waiting to be appended, for each processor
KEPT_CHUNKS = 8

# What every task needs to know, small and picklable; the first four are what chunk_tokenizer takes.
Settings = collections.namedtuple(
    "Settings",
    "vocab_file vocab_sha256 do_lower_case strip_accents blanks_separate_docs max_seq_length num_out_files cls sep",
)

# What the planner needs of a chunk: ``lengths``, ``breaks`` as in Sentences, ``tokens``: their number, and
# ``tail``: int32, the last of them, as many as may have to wait for the next chunk.
Measured = collections.namedtuple("Measured", "lengths breaks tokens tail")

_one_at_a_time = threading.Lock()  # a cluster's worker may run tasks in several threads
_kept = collections.OrderedDict()  # this process's tokens of chunks measured and not yet written


def measure(settings, chunk):
    """Task: tokenize a chunk; its Measured."""
    with _one_at_a_time:
        sentences = _tokenize(settings, chunk)
        _kept[chunk.path, chunk.start] = sentences.tokens
        while len(_kept) > KEPT_CHUNKS:
            _kept.popitem(last=False)
    breaks = sentences.breaks if settings.blanks_separate_docs else sentences.breaks[:0]
    tail = sentences.tokens[-settings.max_seq_length :].copy()
    return Measured(sentences.lengths, breaks, len(sentences.tokens), tail)


def write(settings, chunk, carried, plan, first):
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
    (bytes, int64 [examples])
        As RecordWriter.append wants them.
    """
    with _one_at_a_time:
        tokens = _kept.pop((chunk.path, chunk.start), None)
        if tokens is None:
            tokens = _tokenize(settings, chunk).tokens
    tokens = np.concatenate([carried, tokens])
    inputs = fill(tokens, plan, settings.max_seq_length, settings.cls, settings.sep)
    rows = order(first, len(plan.a), settings.num_out_files)
    return encode({name: values[rows] for name, values in inputs.items()})


def _tokenize(settings, chunk):
    tokenizer = chunk_tokenizer(*settings[:4])
    text = read(chunk)
    try:
        return tokenizer(text)
    except UnicodeDecodeError as error:
        place = chunk.start + text.find(error.object)
        raise TutorialError(
            "%s is not UTF-8 (see byte %d): convert it, for example with iconv -f latin1 -t utf-8" % (chunk.path, place)
        )


class Here(concurrent.futures.Executor):
    """Runs each task in this process as it is submitted."""

    def submit(self, task, *arguments):
        future = concurrent.futures.Future()
        future.set_result(task(*arguments))
        return future


def local_executors(processes, stack):
    """One executor for each process, closed with ``stack``: a chunk's two tasks meet in the same process."""
    if processes == 1:
        return [Here()]
    make = concurrent.futures.ProcessPoolExecutor
    return [stack.enter_context(make(1, initializer=_prepare_worker)) for _ in range(processes)]


def _prepare_worker():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent):
    """End this process when its parent is gone: a parent that was killed cannot end it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def run(settings, paths, planner, writer, executors, advance, chunk_bytes):
    """Turn text files into records.

    When it fails, the few tasks under way are left to end: to cancel them can hang Python 3.7's executors.

    Parameters
    ----------
    settings : Settings
    paths : list of str
        Corpus files in the order wanted.
    planner : Planner or SentencePlanner
    writer : RecordWriter
    executors : list of concurrent.futures.Executor
        Chunks go to them in turn.
    advance : callable
        Told how many bytes of the files have been dealt with.
    chunk_bytes : int

    Returns
    -------
    (int, int)
        Sentences and tokens in the corpus.
    """
    measured, written = collections.deque(), collections.deque()
    sentences = tokens = planned = 0
    carried = np.zeros(0, np.int32)

    def plan_next():
        nonlocal sentences, tokens, planned, carried
        chunk, executor, future = measured.popleft()
        lengths, breaks, count, tail = future.result()
        sentences, tokens = sentences + len(lengths), tokens + count
        plan = planner.add(lengths, breaks, chunk.is_last)
        if len(plan.a):
            task = executor.submit(write, settings, chunk, carried, plan, planned)
            written.append((chunk.used, task))
            planned += len(plan.a)
        else:
            advance(chunk.used)
        left = len(carried) + count - int(plan.a.sum()) - int(plan.b.sum())
        carried = np.concatenate([carried, tail])[-left:] if left else carried[:0]
        while len(written) > IN_FLIGHT * len(executors):
            append_next()

    def append_next():
        used, future = written.popleft()
        writer.append(*future.result())
        advance(used)

    ahead = IN_FLIGHT * len(executors) if len(executors) > 1 else 1
    number = 0
    for path in paths:
        for chunk in chunks(path, chunk_bytes):
            executor = executors[number % len(executors)]
            measured.append((chunk, executor, executor.submit(measure, settings, chunk)))
            number += 1
            if len(measured) >= ahead:
                plan_next()
    while measured:
        plan_next()
    while written:
        append_next()
    return sentences, tokens
