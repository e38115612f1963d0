"""What are pre-trained models worth for a task of one's own?  Learning curves of several of them in one picture.

    python -m benchmarks.quality --model ours runs/recipes/ours/models/seed-*/discriminator \\
        --model reference runs/recipes/reference/models/seed-0/discriminator --most reference 300 \\
        --train train.tsv.gz --valid valid.tsv.gz --output runs/quality

Every model is fine-tuned from its pre-trained weights, and from random ones in the same shape unless --no-scratch
names it, on the same labelled sentences for each seed.  Several folders of one --model are seeds of its pre-training:
their runs make one curve, beside one from scratch.  --most bounds the sentences of a model that takes long.
--learning-rate names a model's learning rates, from both starts: of several, every run tries all, and the validation
set chooses.  Those of the models that it does not name suit tiny ones, see curves.RATES.

Writes OUTPUT/NAME.json for each model (NAME-2.json for its second folder, and so on; gone on from),
OUTPUT/curves.json (all rows and what made them), OUTPUT/curves.png, and a table to stdout.
"""

import argparse
import os
import sys
from itertools import count

from helpers import finetuning, plots
from helpers.base import events, files, values
from helpers.base.errors import TutorialError
from helpers.finetuning import curves, tasks

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def measure(models, labelled, folder, sizes, seeds, most=None, rates=None, no_scratch=()):
    """Rows of ``curves.compare`` for each of ``models``, ``model`` and ``folder`` added to each.

    ``models`` holds lists of folders by name: one pre-trained model, or several that differ in their seed alone.
    ``most`` and ``rates`` hold a model's largest number of sentences and its learning rates (a list, for both
    starts), where they are not the usual ones.
    """
    for name in [*(most or {}), *(rates or {}), *no_scratch]:
        if name not in models:
            raise TutorialError("no --model is called %s: there is %s" % (name, ", ".join(models)))
    rows = []
    for name, model, number in [(name, *each) for name, group in models.items() for each in zip(group, count(1))]:
        own = [size for size in sizes if size <= (most or {}).get(name, size)]
        starts = finetuning.STARTS[: 1 if name in no_scratch or number > 1 else 2]
        tried = dict.fromkeys(starts, rates[name]) if name in (rates or {}) else None
        path = os.path.join(folder, name + ("-%d" % number if number > 1 else "") + ".json")
        found = curves.compare(model, labelled, path, own, seeds, starts, tried)
        rows += [dict(row, model=name, folder=number) for row in found]
    return rows


def series(row):
    """What the curve of a row is called."""
    return "%s, %s" % (row["model"], curves.NAMES[row["start"]])


def table(rows):
    """Markdown: for each number of sentences the mean and the range over seeds of every curve."""
    names = list(dict.fromkeys(map(series, rows)))
    lines = ["| Labelled sentences | %s |" % " | ".join(names), "|---" * (len(names) + 1) + "|"]
    for size in sorted({row["sentences"] for row in rows}):
        cells = []
        for name in names:
            values = [row["value"] for row in rows if row["sentences"] == size and series(row) == name]
            cells.append(curves.spread(values) if values else "")
        lines.append("| %s | %s |" % (format(size, ","), " | ".join(cells)))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model",
        nargs="+",
        action="append",
        required=True,
        metavar=("NAME", "FOLDER"),
        help="what it is called, and its exported folders, one a seed; once for each model",
    )
    parser.add_argument(
        "--kind", choices=tasks.KINDS, default=tasks.TOKENS, help="what a label stands for (default: tokens)"
    )
    parser.add_argument(
        "--train", type=values.given, metavar="FILE", help="labelled sentences (default: the built-in ones)"
    )
    parser.add_argument(
        "--valid", type=values.given, metavar="FILE", help="to stop by, half of them; the other half is for testing"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300, 1000],
                        help="numbers of labelled sentences (default: 10 30 100 300 1000)")  # fmt: skip
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2], help="of fine-tuning, a run with each (default: 0 1 2)"
    )
    parser.add_argument("--most", nargs=2, action="append", default=[], metavar=("NAME", "SENTENCES"),
                        help="no larger size for this model")  # fmt: skip
    parser.add_argument("--learning-rate", nargs="+", action="append", default=[], metavar=("NAME", "RATE"),
                        help="of this model; of several the validation set chooses")  # fmt: skip
    parser.add_argument("--no-scratch", nargs="+", default=[], metavar="NAME",
                        help="models that are not compared with random weights")  # fmt: skip
    parser.add_argument(
        "--output",
        type=values.given,
        default=os.path.join(PROJECT, "runs", "quality"),
        help="folder to write (default: runs/quality)",
    )
    arguments = parser.parse_args()

    def work(reporter):
        if arguments.train:
            labelled = tasks.load(arguments.kind, arguments.train, arguments.valid)
        else:
            labelled = tasks.builtin(arguments.kind)
        most = {name: _number(int, most) for name, most in arguments.most}
        rates = {name: [_number(float, rate) for rate in of_it] for name, *of_it in arguments.learning_rate}
        rows = measure(
            _folders(arguments.model), labelled, arguments.output, arguments.sizes, arguments.seeds, most, rates,
            arguments.no_scratch,
        )  # fmt: skip
        sentences = {name: len(getattr(labelled, name)) for name in ("train", "valid", "test")}
        about = dict(source=labelled.source, sentences=sentences, learning_rates=rates)
        files.write_json(os.path.join(arguments.output, "curves.json"), dict(about, rows=rows))
        picture = plots.learning_curves([dict(row, start=series(row)) for row in rows], curves.WORDS)
        picture.write(os.path.join(arguments.output, "curves.png"))
        print(table(rows))

    events.run(work)


def _folders(models):
    """Lists of folders by name, as ``measure`` takes them."""
    found = {}
    for name, *folders in models:
        if not folders or name in found:
            raise TutorialError("--model %s: name each model once, its folder or folders after it" % name)
        found[name] = folders
    return found


def _number(kind, text):
    try:
        return kind(text)
    except ValueError:
        raise TutorialError("%r is no number" % text)


if __name__ == "__main__":
    sys.exit(main())
