"""Make minimal pairs of Spanish from held-out text, and say how well a discriminator tells them apart.

    python -m helpers.discriminator.pairs data/corpus/valid.txt --output pairs.tsv

Reads  text in any format that the corpus step reads, packed or not
Writes the pairs: phenomenon, position, words, right, wrong, with tabs between them

With --model, or with several, a line for each phenomenon says in which share of the pairs the wrong word gets the
higher probability of being a replacement: 0.5 is guessing.  With --growth the models are one run's after several
numbers of steps, or several seeds' of such runs (python -m helpers.conversion --step exports each), and a figure shows
how the shares grow.
"""

import argparse
import os
from typing import List, Optional, Sequence

from helpers import discriminator
from helpers.base import events, values
from helpers.base.errors import TutorialError
from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.sources.files import READ_BYTES
from helpers.discriminator import pairs


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.discriminator.pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "text", type=values.given, metavar="TEXT", help="text that the model was not trained on, one sentence a line"
    )
    made.add_argument("--output", type=values.given, required=True, help="the file of pairs that is written")
    made.add_argument(
        "--count", type=int, default=pairs.COUNT, help="pairs of a phenomenon, at most (default: %(default)s)"
    )
    made.add_argument("--seed", type=int, default=0, help="decides which sentences are taken (default: %(default)s)")
    made.add_argument(
        "--model",
        type=values.given,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="exported discriminators to be measured",
    )
    made.add_argument(
        "--figure", type=values.given, metavar="FILE", help="with --model: bars by phenomenon, as a PNG file"
    )
    made.add_argument(
        "--growth",
        type=values.given,
        metavar="FILE",
        help="with --model: the shares over the training steps, as a PNG file",
    )
    return made


def lines_of(path: str, reporter: events.Reporter) -> List[str]:
    """The lines of a file as the corpus step reads it; what was left out or mended on the way is said."""
    tally = Tally()
    try:
        with open(path, "rb") as file:
            blocks = iter(lambda: file.read(READ_BYTES), b"")
            found = [line for batch in formats.read(blocks, path, tally, path=path) for line in batch]
    except OSError as error:
        raise TutorialError(f"{path} cannot be read: {error}")
    for message in tally.messages():
        reporter.message(message)
    return found


def labels(folders: Sequence[str]) -> List[str]:
    """What the models are called: their runs' names, or their whole paths where these would not tell them apart."""
    paths = [os.path.abspath(folder) for folder in folders]
    names = [
        os.path.basename(os.path.dirname(path) if os.path.basename(path) == "discriminator" else path) for path in paths
    ]
    return names if len(set(names)) == len(names) else list(folders)


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Run the command line; ends with code 1 and one sentence when the text is not there or is not Spanish."""
    options = parser().parse_args(arguments)

    def work(reporter: events.Reporter) -> None:
        if options.count < 1:
            raise TutorialError(f"--count is {options.count}: give a number of pairs, 1 or more")
        for name in ("figure", "growth"):
            if getattr(options, name) and not options.model:
                raise TutorialError(f"--{name} shows what --model names: give a --model as well")
        folders = dict(zip(labels(options.model), options.model))
        if options.growth:
            steps = {pairs.step_of(folder) for folder in options.model}
            if len(steps) < 2:
                raise TutorialError(f"--growth needs models of at least two steps: all of these are of {steps.pop()}")
        made = pairs.make(lines_of(options.text, reporter), options.count, options.seed)
        pairs.write(options.output, made)
        print(f"{len(made):,} pairs of {len({pair.phenomenon for pair in made})} phenomena in {options.output}")
        for sentence in pairs.few(made):
            print(sentence)
        measured = {label: pairs.told_apart(discriminator.load(folder), made) for label, folder in folders.items()}
        for label, found in measured.items():
            print(f"\n{label}")
            for phenomenon, row in found.items():
                share = "no pair within its reach" if row["share"] is None else f"{row['share']:.3f}"
                left_out = f", {row['left_out']} left out: beyond what it can read" if row["left_out"] else ""
                print(f"{phenomenon:24} {share}  ({row['pairs']} pairs{left_out})")
        if options.figure or options.growth:
            from helpers import plots

            if options.figure:
                plots.by_phenomenon(measured).write(options.figure)
            if options.growth:
                plots.growth(pairs.rows(measured, folders)).write(options.growth)

    events.run(work)


if __name__ == "__main__":
    main()
