"""Print the built-in corpus: see ``helpers/data/sample_corpus/__init__.py``."""

import argparse
import os
import sys

from helpers.base import events
from helpers.data.sample_corpus import __doc__ as description
from helpers.data.sample_corpus import write


def main(argv=None):
    """Print the corpus to standard output."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.data.sample_corpus",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lines", type=int, default=1000, help="how many lines, blank ones not counted (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another text (default 0)")
    arguments = parser.parse_args(argv)
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n", closefd=False)
    try:
        with out:
            events.run(lambda reporter: write(out, arguments.lines, arguments.seed))
    except BrokenPipeError:  # the reader, head for example, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
