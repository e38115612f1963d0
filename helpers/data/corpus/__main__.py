"""Make a data folder's corpus: text to train on and text held out, a sentence a line.

python -m helpers.data.corpus --source sample --output-dir data --train-size 2000
python -m helpers.data.corpus --source opensubtitles:es --output-dir data --train-size 1000000
python -m helpers.data.corpus --source ~/texts/ --output-dir data
python -m helpers.data.corpus --source reviews.csv --column comment --encoding cp1252 --output-dir data
python -m helpers.data.corpus --source hf:wikimedia/wikipedia:config=20231101.es --output-dir data --train-size 1000000
"""

import argparse
from typing import List, Optional

from helpers.base import events, values
from helpers.data import corpus


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.data.corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add(
        "--source", type=values.given, required=True, help='"opensubtitles:es" or another of its languages, "sample", '
        'a dataset such as "hf:owner/name:config=es", or a path, folder, glob or address of text (plain, packed, '
        'subtitles, tables, …)'
    )  # fmt: skip
    add("--output-dir", type=values.given, required=True, help="DATA_DIR: receives corpus/train.txt, corpus/valid.txt")
    add(
        "--train-size", type=_lines, default=1000000, metavar="N", help='lines to train on, or "all" (default: 1000000)'
    )
    add("--valid-size", type=int, metavar="N", help="lines to hold out (default: 1%% of the others)")
    add("--seed", type=int, default=0, metavar="N", help="of the choice of what is held out (default: 0)")
    add("--column", metavar="NAME", help="the column of a table that holds the text (default: guessed, and said which)")
    add("--encoding", metavar="NAME", help="of the files, such as cp1252 (default: found out, and said which)")
    add("--language", metavar="CODE", help="which one of files in several languages (TMX, pairs)")
    add("--no-normalize", dest="normalize", action="store_false", help="leave the text as it is: neither put it into "
        "Unicode's composed form (NFC) nor mend UTF-8 that was decoded twice")  # fmt: skip
    add("--split-lines", dest="split_lines", action="store_true", default=None, help="split lines into sentences "
        "(default: where lines are paragraphs or documents)")  # fmt: skip
    add("--no-split-lines", dest="split_lines", action="store_false", help="never split lines")
    events.add_events_flag(made)
    return made


def _lines(text: str) -> Optional[int]:
    if text == "all":
        return None
    try:
        return int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is neither a number of lines nor "all"')


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line."""
    arguments = parser().parse_args(argv)

    def work(reporter: events.Reporter) -> None:
        names = "train_size valid_size seed column encoding language normalize split_lines".split()
        chosen = {name: getattr(arguments, name) for name in names}
        corpus.prepare(arguments.source, arguments.output_dir, reporter=reporter, **chosen)

    events.run(work, arguments.events)


if __name__ == "__main__":
    main()
