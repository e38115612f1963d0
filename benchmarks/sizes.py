"""How long a training step of each model size takes on this machine, and in how much memory.

    python -m benchmarks.sizes --sizes tiny small base --steps 4
    python -m benchmarks.sizes --sizes tiny --steps 2 --batch-sizes 4 128 --at-once 1
    python -m benchmarks.sizes --sizes tiny small --steps 20 --parallel-parts 1 2

By default the article's batch, 32 examples of 128 tokens with hardly any padding, and the paper's 30,522 words;
TensorFlow of the Python that runs this.  A step of large takes minutes and more memory than most laptops have.
What it says of the project's own two cores stands in helpers/pretraining/sizes.py, from where notebook 3 shows it.
"""

import argparse
import itertools
import os
import sys

from helpers.base import events, values
from helpers.data import corpus, dataset, vocabulary
from helpers.pretraining import shapes

from . import training
from .processes import machine

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = 30522  # the paper's vocabulary
LINES, OWN_WORDS = 20000, 3500  # of the examples, whose words are the vocabulary's first


def _one_document(folder):
    """A file with the built-in corpus's lines as one document, which fills examples to the brim."""
    corpus.prepare("sample", folder, train_size=LINES, seed=0)
    path = os.path.join(folder, "one.txt")
    with open(os.path.join(folder, "corpus", "train.txt"), encoding="utf-8") as lines, open(
        path, "w", encoding="utf-8"
    ) as file:
        file.writelines(line for line in lines if line.strip())
    return path


def table(rows):
    """Markdown of ``{size: row}``."""
    lines = ["| Size | Seconds a step | Memory, MB | Seconds to the first step |", "|---|---|---|---|"]
    for size, row in rows.items():
        lines.append(
            "| %s | %.3f | %.0f | %.0f |" % (size, row["step_seconds"], row["peak_mb"], row["first_step_seconds"])
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sizes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = list(shapes.HIDDEN_SIZE_AND_LAYERS)
    parser.add_argument("--sizes", nargs="+", choices=sizes, default=sizes[:-1], help="default: all but the last")
    parser.add_argument("--steps", type=int, default=4, help="that are timed (default: 4)")
    parser.add_argument(
        "--folder", type=values.given, default=os.path.join(PROJECT, "build", "sizes"), help="where it works"
    )
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[training.BATCH], help="default: the article's")
    parser.add_argument("--at-once", type=int, help="examples computed at a time (default: the whole batch)")
    parser.add_argument(
        "--parallel-parts", type=int, nargs="+", default=[1], help="of a batch, computed side by side (default: 1)"
    )
    arguments = parser.parse_args()

    def work(reporter):
        corpus.prepare(_one_document(os.path.join(arguments.folder, "text")), arguments.folder, seed=0)
        vocabulary.prepare("train:%d" % OWN_WORDS, arguments.folder)
        dataset.build(arguments.folder, max_seq_length=training.LENGTH)
        rows = {}
        every = itertools.product(arguments.sizes, arguments.batch_sizes, arguments.parallel_parts)
        for size, batch, side_by_side in every:
            name, parts = size, batch // (arguments.at_once or batch)
            if batch != training.BATCH or parts > 1:
                name = "%s, %d examples in %d parts" % (size, batch, parts)
            if arguments.parallel_parts != [1]:
                name += ", %d side by side" % side_by_side
            reporter.message("%s …" % name)
            changes = dict(
                train_batch_size=batch, gradient_accumulation_steps=parts, parallel_parts=side_by_side
            )  # fmt: skip
            rows[name] = training.ours(
                sys.executable, arguments.folder, arguments.steps, model_size=size, vocab_size=WORDS, **changes
            )
        print(machine())
        print(table(rows))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
