"""How fast text becomes examples, and in how much memory."""

import concurrent.futures
import os
import shutil
import sys

from helpers.base.errors import TutorialError

from .processes import measure

LENGTH = 128


def ours(python, workload, megabytes, processes=1):
    """Measured, with ``rate``: MB of text a second."""
    folder, _ = workload.text(megabytes)
    return over(python, folder, workload, workload.folder, processes)


def over(python, folder, workload, output_dir, processes=1):
    """The builder over a folder of text, with the vocabulary of ``workload``; leaves ``output_dir``/examples."""
    size = sum(entry.stat().st_size for entry in os.scandir(folder))
    output = os.path.join(output_dir, "examples")
    shutil.rmtree(output, ignore_errors=True)
    command = [
        python, "-m", "helpers.data.dataset", "--corpus-dir", folder, "--vocab-file", workload.vocab_file(),
        "--output-dir", output, "--max-seq-length", str(LENGTH), "--num-processes", str(processes),
        "--blanks-separate-docs", "true", "--no-lower-case", "--no-strip-accents",
    ]  # fmt: skip
    return _rated(measure(command), size)


def at_once(python, workload, megabytes, builds=2):
    """Builds of one process each at the same time, which share nothing: as fast as this machine's cores can be."""
    folder, _ = workload.text(megabytes)
    outputs = [os.path.join(workload.folder, "at-once-%d" % number) for number in range(builds)]
    with concurrent.futures.ThreadPoolExecutor(builds) as threads:
        rows = list(threads.map(lambda output: over(python, folder, workload, output), outputs))
    for output in outputs:
        shutil.rmtree(output)
    seconds = max(row["seconds"] for row in rows)
    return dict(seconds=seconds, rate=sum(row["megabytes"] for row in rows) / seconds)


def reference(reference_python, checkout, workload, megabytes):
    """The same text with the same flags through google-research/electra's script."""
    folder, size = workload.text(megabytes)
    output = os.path.join(workload.folder, "reference-examples")
    shutil.rmtree(output, ignore_errors=True)
    command = [
        reference_python, "build_pretraining_dataset.py", "--corpus-dir", os.path.abspath(folder),
        "--vocab-file", os.path.abspath(workload.vocab_file()), "--output-dir", os.path.abspath(output),
        "--max-seq-length", str(LENGTH), "--num-processes", "1", "--blanks-separate-docs", "True",
        "--no-lower-case", "--no-strip-accents",
    ]  # fmt: skip
    measured = _rated(measure(command, cwd=checkout), size)
    shutil.rmtree(output, ignore_errors=True)
    return measured


def generator(lines=200000):
    """Lines a second that the built-in corpus is written at."""
    measured = measure([sys.executable, "-m", "helpers.data.sample_corpus", "--lines", str(lines), "--seed", "1"])
    return dict(row(measured), rate=lines / measured.seconds)


def _rated(measured, size):
    return dict(row(measured), rate=size / 1e6 / measured.seconds, megabytes=size / 1e6)


def row(measured):
    """Seconds, CPU seconds and peak memory in MB of a command that must have ended well."""
    if measured.status:
        raise TutorialError("A measured command failed with code %d: %s" % (measured.status, measured.said))
    return dict(seconds=measured.seconds, cpu_seconds=measured.cpu_seconds, peak_mb=measured.peak_mb)
