"""Judge sentences: which of their words look like replacements?

    python -m helpers.discriminator data/models/electra-spanish/discriminator "Los pájaros están hablando."

The folder is one that the conversion has written, or any ELECTRA discriminator in the format of ``transformers``.
Beneath each token stand the verdict, a 1 where it is called a replacement, and the probability behind it.
"""

import argparse
from typing import Optional, Sequence

from helpers import discriminator
from helpers.base import events, values


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.discriminator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("folder", type=values.given, metavar="FOLDER", help="folder of the exported discriminator")
    made.add_argument("sentences", metavar="SENTENCE", nargs="+", help="sentences, each in quotes")
    made.add_argument("--threshold", type=_probability, help="call a word replaced above it (default: the model's own)")
    return made


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"it is {text}: a probability lies between 0 and 1")
    return value


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Run the command line; ends with code 1 and one sentence when there is no such model or a package is missing."""
    options = parser().parse_args(arguments)

    def work(reporter: events.Reporter) -> None:
        loaded = discriminator.load(options.folder)
        if options.threshold is not None:
            loaded.threshold = options.threshold
        for number, sentence in enumerate(options.sentences):
            print(("\n" if number else "") + str(loaded.verdict(sentence)))

    events.run(work)


if __name__ == "__main__":
    main()
