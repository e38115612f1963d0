"""Does the tutorial's verdict depend on luck?  The whole of it, once for each of several seeds.

    python -m benchmarks.seeds --seeds 0 1 2 3 4

Reads  notebooks/electra_spanish.ipynb, notebooks/presets/sample.json
Writes runs/seeds/SEED/ (the executed notebooks), benchmarks/seeds-tfVERSION.json, and a table to stdout

A seed decides the corpus, the vocabulary's and the data's order, the initial weights, the masks and
the samples.  A model is judged by pairs of sentences that are not in its training text: of words that stood together
there in other sentences, and of words that never did (see helpers/data/sample_corpus/unseen.py).

What a stopped call has finished is not done again; rows of other seeds stay in the file as long as they were made with
the same preset and the corpus says the same.
"""

import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import subprocess
import sys

from helpers.base import events
from helpers.base.files import read_json, write_json
from helpers.data import sample_corpus
from helpers.tutorial import presets

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(PROJECT, "benchmarks")
TRUE, FALSE, SWAPPED = "Los pájaros están cantando", "Los pájaros están hablando", "hablando"
PAIRS = 500
LINES = 5000  # of the corpus, by which it is known
LOWEST_AUC = 0.95


def run(seed):
    """The tutorial with ``seed``; returns a row of :func:`table`."""
    folder = os.path.join(PROJECT, "runs", "seeds", str(seed))
    command = [sys.executable, "-m", "helpers.tutorial", "--output-dir", folder, "-p", "SEED", str(seed)]
    if subprocess.call(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        raise SystemExit(f"error: the tutorial failed with seed {seed}: see {folder}")
    data_dir = os.path.join(folder, "data")
    summary = read_json(os.path.join(data_dir, "summary.json"))
    return dict(
        seed=seed,
        preset=preset_identity(),
        corpus=corpus_identity(),
        tensorflow=summary["model"]["tensorflow"],
        seconds=summary["seconds"]["training"],
        sentences=2 * PAIRS,
        **verdicts(os.path.join(data_dir, "models", "electra-spanish", "discriminator"), data_dir, seed),
    )


def preset_identity():
    """What changes when the preset sets something else."""
    return hashlib.sha256(json.dumps(presets.read("sample"), sort_keys=True).encode("utf-8")).hexdigest()


def corpus_identity():
    """What changes when the built-in corpus says something else."""
    lines = itertools.islice(sample_corpus.sentences(0), LINES)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def verdicts(folder, data_dir, seed):
    """What the discriminator in ``folder`` says of the article's two sentences, and how well it judges pairs."""
    from helpers import discriminator
    from helpers.discriminator import swaps

    loaded = discriminator.load(folder)
    false, true = dict(loaded.word_probabilities(FALSE)), dict(loaded.word_probabilities(TRUE))
    seen, unseen = (
        discriminator.evaluate(loaded, swaps.pairs(data_dir, PAIRS, seed + 1, seen))["auc"] for seen in (True, False)
    )
    return dict(
        seen=round(seen, 4),
        unseen=round(unseen, 4),
        threshold=round(loaded.threshold, 4),
        hablando=round(false[SWAPPED], 4),
        next_highest=round(max(value for word, value in false.items() if word != SWAPPED), 4),
        highest_of_true=round(max(true.values()), 4),
        called=loaded.verdict(FALSE).words,
        called_in_true=loaded.verdict(TRUE).words,
    )


def holds(row):
    """Whether the verdict is right: the swapped word and nothing else, and a high AUC, of words never seen too."""
    return (
        min(row["seen"], row["unseen"]) >= LOWEST_AUC
        and row["called"] == [SWAPPED]
        and not row["called_in_true"]
        and row["hablando"] > row["next_highest"]
    )


def table(rows):
    """The rows as a Markdown table."""
    lines = [
        "| Seed | AUC, seen together | never seen together | *hablando* | next word | highest in *cantando* "
        "| threshold | right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        numbers = "seed seen unseen hablando next_highest highest_of_true threshold".split()
        cells = [str(row[numbers[0]])] + [f"{row[name]:.3f}" for name in numbers[1:]]
        lines.append(f"| {' | '.join(cells)} | {'yes' if holds(row) else '**no**'} |")
    return "\n".join(lines)


def keep(row, folder=FOLDER):
    """Put a row into the file of its TensorFlow; returns that file's rows, in the order of their seeds."""
    path = os.path.join(folder, f"seeds-tf{row['tensorflow'].split('.')[0]}.json")
    alike = [other for other in read_json(path, []) if all(other.get(key) == row[key] for key in ("preset", "corpus"))]
    rows = sorted([other for other in alike if other["seed"] != row["seed"]] + [row], key=lambda other: other["seed"])
    write_json(path, rows)
    return rows


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.seeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="a run with each (default: 0 to 4)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="tutorials at a time")
    arguments = parser.parse_args()
    rows = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for row in pool.map(run, arguments.seeds):
            said = f"AUC {row['seen']:.3f} and {row['unseen']:.3f}, hablando {row['hablando']:.3f}"
            print(f"seed {row['seed']}: {said}", file=sys.stderr)
            rows = keep(row)
    print(table(rows))
    return 0 if all(map(holds, rows)) else 1


if __name__ == "__main__":
    events.run(lambda reporter: sys.exit(main()))
