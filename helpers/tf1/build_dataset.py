"""Turn a folder of text into pre-training examples (TFRecords).

    python -m helpers.tf1.build_dataset --corpus-dir data/corpus --corpus-files train.txt \\
        --vocab-file data/vocab.txt --output-dir data/pretrain_tfrecords --max-seq-length 128 \\
        --num-processes 2 --blanks-separate-docs true

Reads  the .txt and .txt.gz files of the corpus folder, vocab.txt, tokenizer_config.json beside it
Writes OUTPUT_DIR/pretrain_data.tfrecord-{i}-of-{n}, index.npz, manifest.json

TensorFlow is not needed.  dataset_pipeline.py does the work; here is what surrounds it.
"""

import argparse
import contextlib
import json
import os
import signal
import time

from .. import dataset_manifest, events, lock
from ..errors import TutorialError, what_failed
from . import dataset_pipeline, filesystem
from .chunk_tokens import chunk_tokenizer
from .examples import planner
from .record_writer import INDEX_NAME, RECORDS_NAME, RecordWriter

CHUNK_BYTES = 1 << 19  # larger ones make arrays that outgrow the processor's cache
SMALLEST_CHUNK = 1 << 16


def build(arguments, reporter, executors=None):
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
    dataset_manifest.check(num_processes=arguments.num_processes)
    paths = dataset_manifest.corpus_files(arguments.corpus_dir, arguments.corpus_files)
    parameters = dataset_manifest.parameters(
        paths,
        arguments.vocab_file,
        arguments.max_seq_length,
        arguments.blanks_separate_docs,
        arguments.one_sentence_per_example,
        arguments.num_out_files,
        arguments.seed,
        arguments.do_lower_case,
        arguments.strip_accents,
    )
    manifest = dataset_manifest.up_to_date(arguments.output_dir, parameters, paths)
    if manifest:
        reporter.message("%s is up to date: %d examples" % (arguments.output_dir, manifest["examples"]))
        return dict(manifest, up_to_date=True)

    _check_output(arguments.output_dir)
    data_dir = filesystem.parent(arguments.output_dir)
    try:
        with lock.data(data_dir, "the examples", reporter.message):
            manifest = _make(arguments, reporter, executors, parameters, paths)
    except OSError as error:
        raise TutorialError("cannot build %s: %s" % (arguments.output_dir, what_failed(error)))
    return dict(manifest, up_to_date=False)


def _check_output(folder):
    """Refuse to replace anything but an earlier output."""
    if filesystem.file_exists(folder):
        raise TutorialError("--output-dir %s is not a folder: name another" % folder)
    ours = (RECORDS_NAME, INDEX_NAME, dataset_manifest.MANIFEST)
    names = filesystem.list_folder(folder) if filesystem.folder_exists(folder) else []
    others = [name for name in names if not name.startswith(ours)]
    if others:
        raise TutorialError(
            "--output-dir %s would be replaced and has other files, such as %s: name a folder for the examples alone"
            % (folder, sorted(others)[0])
        )


def _make(arguments, reporter, executors, parameters, paths):
    """Make the folder; its manifest."""
    began = time.time()
    tokenizer = {name: parameters[name] for name in ("vocab_sha256", "do_lower_case", "strip_accents")}
    vocabulary = chunk_tokenizer(arguments.vocab_file, *tokenizer.values()).tokenizer.vocabulary
    elsewhere = executors or arguments.dask_scheduler or filesystem.is_remote(arguments.output_dir)
    settings = dataset_pipeline.Settings(
        vocab_file=arguments.vocab_file,
        blanks_separate_docs=arguments.blanks_separate_docs,
        max_seq_length=arguments.max_seq_length,
        num_out_files=parameters["num_out_files"],
        cls=vocabulary["[CLS]"],
        sep=vocabulary["[SEP]"],
        workers_place=arguments.num_processes > 1 and not elsewhere,
        **tokenizer,
    )
    example_planner, generator = planner(arguments.max_seq_length, arguments.one_sentence_per_example, arguments.seed)
    names = sorted(paths)
    generator.shuffle(names)  # the stream's first use, before any example is planned
    size = sum(filesystem.file_size(path) for path in paths.values())
    fingerprints = {name: filesystem.fingerprint(path) for name, path in paths.items()}
    with contextlib.ExitStack() as stack:
        executors = executors or _executors(arguments, stack)
        folder = stack.enter_context(filesystem.output_folder(arguments.output_dir, dataset_manifest.MANIFEST))
        writer = RecordWriter(folder, settings.num_out_files)
        stack.callback(writer.close)
        digests = {name: executors[-1].submit(filesystem.sha256, path) for name, path in paths.items()}
        reporter.start("building examples", total=size, unit="B")
        ordered = [paths[name] for name in names]
        chunk_bytes = min(CHUNK_BYTES, max(SMALLEST_CHUNK, size // (4 * len(executors))))
        sentences, tokens = dataset_pipeline.run(
            settings, ordered, example_planner, writer, executors, reporter.advance, chunk_bytes
        )
        if writer.examples == 0:
            raise TutorialError("there is no text in %s: %s" % (arguments.corpus_dir, ", ".join(sorted(names))))
        writer.close()
        writer.save_index()
        manifest = dict(
            parameters=parameters,
            inputs={name: digest.result() for name, digest in digests.items()},
            examples=writer.examples,
            sentences=sentences,
            tokens=tokens,
            files=writer.summary(),
            fingerprints=fingerprints,
            seconds=round(time.time() - began, 3),
        )
        _write_manifest(os.path.join(folder, dataset_manifest.MANIFEST), manifest)
    return manifest


def _executors(arguments, stack):
    """Where the tasks run: a Dask cluster or processes of this machine; ended with ``stack``."""
    if not arguments.dask_scheduler:
        return dataset_pipeline.local_executors(arguments.num_processes, stack)
    from . import dask_cluster

    return stack.enter_context(dask_cluster.executors(arguments.dask_scheduler))


def _write_manifest(path, manifest):
    with filesystem.open_file(path, "wb") as file:
        file.write((json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def parser():
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.tf1.build_dataset",
        description="Turn a folder of text, one sentence a line, into pre-training examples (TFRecords).",
        epilog="A run whose inputs and settings have not changed ends at once. The outcome depends on --seed and "
        "never on --num-processes.",
    )
    truth = dict(type=events.boolean, metavar="{true,false}")
    add = made.add_argument
    add("--corpus-dir", required=True, help="folder of .txt and .txt.gz files; vocab.txt is not corpus")
    add("--corpus-files", default="*", metavar="PATTERN", help="which of them, as in a shell (default: all)")
    add("--vocab-file", required=True, help="vocab.txt, one token a line")
    add("--output-dir", required=True, help="folder to make; replaced as a whole when it is there")
    add("--max-seq-length", type=int, default=128, metavar="N", help="tokens in an example (default: 128)")
    add("--num-processes", type=int, default=1, metavar="N", help="processes to work in (default: 1)")
    add(
        "--dask-scheduler",
        metavar="ADDRESS",
        help="work on a Dask cluster instead, such as tcp://10.0.0.1:8786 (helpers/tf1/dask_cluster.py)",
    )
    add(
        "--blanks-separate-docs",
        default=True,
        help="whether a blank line ends a document; no example spans two documents (default: true)",
        **truth,
    )
    add(
        "--one-sentence-per-example",
        default=False,
        help="whether each sentence is an example of its own, which a small model learns from sooner (default: false)",
        **truth,
    )
    lower = made.add_mutually_exclusive_group()
    _add_switch(lower, "do_lower_case", "--do-lower-case", "--no-lower-case", "lower-case the text", "yes")
    strip = made.add_mutually_exclusive_group()
    _add_switch(strip, "strip_accents", "--do-strip-accents", "--no-strip-accents", "drop accents", "if lower-casing")
    add(
        "--num-out-files",
        type=int,
        metavar="N",
        help="files to spread the examples over (default: one for every 50 MB of corpus files)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of all random choices (default: 0)")
    events.add_events_flag(made)
    return made


def _add_switch(group, name, on, off, what, default):
    where = "default: as in tokenizer_config.json beside the vocabulary, else " + default
    group.add_argument(on, dest=name, action="store_true", default=None, help="%s (%s)" % (what, where))
    group.add_argument(off, dest=name, action="store_false", default=None, help="do not")


def main(argv=None):
    """Run the command line."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: leave nothing behind
    events.run(lambda reporter: reporter.result(**build(arguments, reporter)), arguments.events)


if __name__ == "__main__":
    main()
