"""Turn a folder of text, one sentence a line, into pre-training examples (TFRecords).

examples:
  The folder that the corpus and the vocabulary made, in two processes:
    python -m helpers.data.dataset --corpus-dir data/corpus --corpus-files train.txt \\
        --vocab-file data/vocab.txt --output-dir data/pretrain_tfrecords --num-processes 2
  The held-out text beside it:
    python -m helpers.data.dataset --corpus-dir data/corpus --corpus-files valid.txt \\
        --vocab-file data/vocab.txt --output-dir data/valid_tfrecords
  One's own folder of text and an uncased vocabulary, as google-research/electra builds it:
    python -m helpers.data.dataset --corpus-dir ~/texts --vocab-file ~/uncased/vocab.txt \\
        --output-dir ~/examples --do-lower-case --blanks-separate-docs false --cut-long-words false

A run whose inputs and settings have not changed ends at once. The outcome depends on --seed and never on
--num-processes. ~ and $HOME stand for the home folder.
"""

import argparse
import os
from typing import List, Optional

from helpers.base import events, values
from helpers.data.dataset import builder


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.data.dataset",
        description=__doc__.split("\n\n")[0],
        epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    truth = dict(type=_truth, metavar="{true,false}")
    add = made.add_argument
    add("--corpus-dir", required=True, type=_path, help="folder of .txt and .txt.gz files; vocab.txt is not corpus")
    add(
        "--corpus-files",
        type=values.given,
        default="*",
        metavar="PATTERN",
        help="which of them, as in a shell (default: all)",
    )
    add("--vocab-file", required=True, type=_path, help="vocab.txt, one token a line")
    add("--output-dir", required=True, type=_path, help="folder to make; replaced as a whole when it is there")
    add("--max-seq-length", type=int, default=128, metavar="N", help="tokens in an example (default: 128)")
    add("--num-processes", type=int, default=1, metavar="N", help="processes to work in (default: 1)")
    add(
        "--dask-scheduler",
        type=values.given,
        metavar="ADDRESS",
        help="work on a Dask cluster instead, such as tcp://10.0.0.1:8786 (helpers/data/dataset/executors.py)",
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
        "--cut-long-words",
        default=True,
        help="whether a word of over 200 characters is cut into parts of 200; else it is [UNK], as in "
        "google-research/electra (default: true)",
        **truth,
    )
    add(
        "--num-out-files",
        type=int,
        metavar="N",
        help="files to spread the examples over (default: one for every 50 MB of corpus files)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of all random choices (default: 0)")
    events.add_events_flag(made)
    return made


def _truth(text):
    try:
        return values.truth(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error))


def _path(text):
    return os.path.expanduser(os.path.expandvars(values.given(text)))


def _add_switch(group, name, on, off, what, default):
    where = f"default: as in tokenizer_config.json beside the vocabulary, else {default}"
    group.add_argument(on, dest=name, action="store_true", default=None, help=f"{what} ({where})")
    group.add_argument(off, dest=name, action="store_false", default=None, help="do not")


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line."""
    arguments = parser().parse_args(argv)

    def work(reporter: events.Reporter) -> None:
        made = builder.build(arguments, reporter)
        text = sum(known["bytes"] for known in made["inputs"].values()) / 1e6
        reporter.result(said=f"{made['examples']:,} examples from {text:.1f} MB of text", **made)

    events.run(work, arguments.events)


if __name__ == "__main__":
    main()
