"""Make a data folder's corpus: text to train on and text held out, a sentence a line.

python -m helpers.data.corpus --source opensubtitles:es --output-dir data --train-size 1000000
python -m helpers.data.corpus --source texts/ --output-dir data
"""

import argparse

from helpers.base import events
from helpers.data import corpus


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.data.corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--source", required=True, help='"opensubtitles:es" or another of its languages, "sample", or a path, folder, '
        "glob or address")  # fmt: skip
    add("--output-dir", required=True, help="DATA_DIR: receives corpus/train.txt, corpus/valid.txt")
    add(
        "--train-size", type=_lines, default=1000000, metavar="N", help='lines to train on, or "all" (default: 1000000)'
    )
    add("--valid-size", type=int, metavar="N", help="lines to hold out (default: 1%% of the others)")
    add("--seed", type=int, default=0, metavar="N", help="of the choice of what is held out (default: 0)")
    events.add_events_flag(made)
    return made


def _lines(text):
    return None if text == "all" else int(text)


def main(argv=None) -> None:
    """Run the command line."""
    arguments = parser().parse_args(argv)

    def work(reporter):
        chosen = {name: getattr(arguments, name) for name in ("train_size", "valid_size", "seed")}
        corpus.prepare(arguments.source, arguments.output_dir, reporter=reporter, **chosen)

    events.run(work, arguments.events)


if __name__ == "__main__":
    main()
