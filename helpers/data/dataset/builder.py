"""Turn a folder of text into pre-training examples (TFRecords).

    python -m helpers.data.dataset --corpus-dir data/corpus --corpus-files train.txt \\
        --vocab-file data/vocab.txt --output-dir data/pretrain_tfrecords --max-seq-length 128 \\
        --num-processes 2 --blanks-separate-docs true

Reads  the .txt and .txt.gz files of the corpus folder, vocab.txt, tokenizer_config.json beside it
Writes OUTPUT_DIR/pretrain_data.tfrecord-{i}-of-{n}, index.npz, manifest.json

TensorFlow is not needed.  pipeline.py does the work; here is what surrounds it.
"""

import argparse
import contextlib
import os
import time
from concurrent.futures import Executor
from typing import Any, Dict, List, Optional

from helpers.base import lock, manifest, remote
from helpers.base.errors import TutorialError, what_failed
from helpers.base.events import Reporter
from helpers.data.dataset import account, pipeline
from helpers.data.dataset import manifest as inputs
from helpers.data.dataset.examples import planner
from helpers.data.dataset.executors import dask_executors
from helpers.data.records.writer import INDEX_NAME, RECORDS_NAME, RecordWriter
from helpers.data.vocabulary.chunk_tokens import chunk_tokenizer

CHUNK_BYTES = 1 << 19  # larger ones make arrays that outgrow the processor's cache
SMALLEST_CHUNK = 1 << 16


def build(
    arguments: argparse.Namespace, reporter: Reporter, executors: Optional[List[Executor]] = None
) -> Dict[str, Any]:
    """Make the output folder that ``arguments`` (those of ``parser``) ask for.

    Parameters
    ----------
    arguments : argparse.Namespace
    reporter : events.Reporter
    executors : list of concurrent.futures.Executor, optional
        Where the tasks run; by default in ``num_processes`` processes of this machine.

    Returns
    -------
    dict
        The manifest, and ``up_to_date``: whether it was all there before.
    """
    inputs.check(num_processes=arguments.num_processes)
    paths = inputs.corpus_files(arguments.corpus_dir, arguments.corpus_files)
    parameters = inputs.parameters(
        paths,
        arguments.vocab_file,
        arguments.max_seq_length,
        arguments.blanks_separate_docs,
        arguments.one_sentence_per_example,
        arguments.num_out_files,
        arguments.seed,
        arguments.do_lower_case,
        arguments.strip_accents,
        arguments.cut_long_words,
    )
    guessed = inputs.guessed(arguments.vocab_file, arguments.do_lower_case, arguments.strip_accents)
    if guessed:
        reporter.message(guessed)
    made = inputs.up_to_date(arguments.output_dir, parameters, paths)
    if made:
        reporter.message(f"{arguments.output_dir} is up to date: {made['examples']} examples")
        _say(made, reporter)
        return dict(made, up_to_date=True)

    _check_output(arguments.output_dir)
    data_dir = remote.parent(arguments.output_dir)
    try:
        with lock.data(data_dir, "the examples", reporter.message):
            made = _make(arguments, reporter, executors, parameters, paths)
    except OSError as error:
        raise TutorialError(f"cannot build {arguments.output_dir}: {what_failed(error)}")
    _say(made, reporter)
    return dict(made, up_to_date=False)


def _say(made, reporter):
    for sentence in account.in_words(made["account"]):
        reporter.message(sentence)


def _check_output(folder):
    """Refuse to replace anything but an earlier output."""
    if remote.file_exists(folder):
        raise TutorialError(f"--output-dir {folder} is not a folder: name another")
    ours = (RECORDS_NAME, INDEX_NAME, manifest.FILE)
    names = remote.list_folder(folder) if remote.folder_exists(folder) else []
    others = [name for name in names if not name.startswith(ours)]
    if others:
        raise TutorialError(
            f"--output-dir {folder} would be replaced and has other files, such as {sorted(others)[0]}: "
            "name a folder for the examples alone"
        )


def _make(arguments, reporter, executors, parameters, paths):
    """Make the folder; its manifest."""
    began = time.time()
    tokenizer = {
        name: parameters[name] for name in ("vocab_sha256", "do_lower_case", "strip_accents", "cut_long_words")
    }
    ids = chunk_tokenizer(arguments.vocab_file, *tokenizer.values()).tokenizer.vocabulary
    elsewhere = executors or arguments.dask_scheduler or remote.is_remote(arguments.output_dir)
    settings = pipeline.Settings(
        vocab_file=arguments.vocab_file,
        blanks_separate_docs=arguments.blanks_separate_docs,
        max_seq_length=arguments.max_seq_length,
        num_out_files=parameters["num_out_files"],
        cls=ids["[CLS]"],
        sep=ids["[SEP]"],
        workers_place=arguments.num_processes > 1 and not elsewhere,
        **tokenizer,
    )
    example_planner, generator = planner(arguments.max_seq_length, arguments.one_sentence_per_example, arguments.seed)
    names = sorted(paths)
    generator.shuffle(names)  # the stream's first use, before any example is planned
    size = sum(remote.file_size(path) for path in paths.values())
    fingerprints = {name: remote.fingerprint(path) for name, path in paths.items()}  # before anything is read
    with contextlib.ExitStack() as stack:
        executors = executors or _executors(arguments, stack)
        folder = stack.enter_context(remote.output_folder(arguments.output_dir, manifest.FILE))
        writer = RecordWriter(folder, settings.num_out_files)
        stack.callback(writer.close)
        digests = {name: executors[-1].submit(remote.sha256, path) for name, path in paths.items()}
        reporter.start("building examples", total=size, unit="B")
        ordered = [paths[name] for name in names]
        chunk_bytes = min(CHUNK_BYTES, max(SMALLEST_CHUNK, size // (4 * len(executors))))
        counted = pipeline.run(settings, ordered, example_planner, writer, executors, reporter.advance, chunk_bytes)
        if writer.examples == 0:
            raise TutorialError(f"there is no text in {arguments.corpus_dir}: {', '.join(sorted(names))}")
        writer.close()
        writer.save_index()
        known = {name: manifest.record(path, digests[name].result()) for name, path in paths.items()}
        return manifest.write(
            os.path.join(folder, manifest.FILE),
            parameters,
            inputs={name: dict(known[name], fingerprint=fingerprints[name]) for name in paths},
            outputs={name: dict(bytes=size, examples=examples) for name, size, examples in writer.summary()},
            examples=writer.examples,
            sentences=counted.sentences,
            tokens=counted.tokens,
            account=counted.as_dict(writer.examples, parameters, list(ids)),
            seconds=round(time.time() - began, 3),
        )


def _executors(arguments, stack):
    """Where the tasks run: a Dask cluster or processes of this machine; ended with ``stack``."""
    if not arguments.dask_scheduler:
        return pipeline.local_executors(arguments.num_processes, stack)
    return stack.enter_context(dask_executors(arguments.dask_scheduler))
