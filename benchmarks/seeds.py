"""Does the tutorial's verdict depend on luck?  The whole of it, once for each of several seeds.

    python -m benchmarks.seeds --seeds 1 2 3 4 5

Reads  notebooks/electra_spanish.ipynb, notebooks/presets/sample.json
Writes runs/seeds/SEED/ (the executed notebooks), benchmarks/seeds-tfVERSION.json, and a table to stdout

A seed decides the corpus, the vocabulary's and the data's order, the initial weights, the masks and
the samples.  What a stopped call has finished is not done again; rows of other seeds stay in the file as
long as they were made with the same preset.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys

from helpers.base.files import read_json, sha256, write_json
from helpers.tutorial import presets

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRESET = os.path.join(presets.FOLDER, "sample.json")
TRUE, FALSE, SWAPPED = "Los pájaros están cantando", "Los pájaros están hablando", "hablando"
LOWEST_AUC = 0.95


def run(seed):
    """The tutorial with ``seed``; returns a row of :func:`table`."""
    folder = os.path.join(PROJECT, "runs", "seeds", str(seed))
    command = [sys.executable, "-m", "helpers.tutorial", "--output-dir", folder, "-p", "SEED", str(seed)]
    if subprocess.call(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        raise SystemExit("error: the tutorial failed with seed %d: see %s" % (seed, folder))
    summary = read_json(os.path.join(folder, "data", "summary.json"))
    return dict(
        seed=seed,
        preset=sha256(PRESET),
        tensorflow=summary["model"]["tensorflow"],
        word_auc=round(summary["held_out"]["word_auc"], 4),
        sentences=summary["held_out"]["sentences"],
        **verdicts(os.path.join(folder, "data", "models", "electra-spanish", "discriminator")),
    )


def verdicts(folder):
    """What the discriminator in ``folder`` says of the article's two sentences."""
    from helpers import discriminator

    loaded = discriminator.load(folder)
    false, true = dict(loaded.word_probabilities(FALSE)), dict(loaded.word_probabilities(TRUE))
    return dict(
        threshold=round(loaded.threshold, 4),
        hablando=round(false[SWAPPED], 4),
        next_highest=round(max(value for word, value in false.items() if word != SWAPPED), 4),
        highest_of_true=round(max(true.values()), 4),
        called=loaded.verdict(FALSE).words,
        called_in_true=loaded.verdict(TRUE).words,
    )


def holds(row):
    """Whether the verdict is right: the swapped word and nothing else, and a high AUC per word."""
    return (
        row["word_auc"] >= LOWEST_AUC
        and row["called"] == [SWAPPED]
        and not row["called_in_true"]
        and row["hablando"] > row["next_highest"]
    )


def table(rows):
    """The rows as a Markdown table."""
    lines = [
        "| Seed | AUC per word | *hablando* | next word | highest in *cantando* | threshold | right |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            "| {seed} | {word_auc:.3f} | {hablando:.3f} | {next_highest:.3f} | {highest_of_true:.3f} "
            "| {threshold:.3f} | {right} |".format(right="yes" if holds(row) else "**no**", **row)
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.seeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--jobs", type=int, default=1, help="tutorials at a time")
    arguments = parser.parse_args()
    made = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for row in pool.map(run, arguments.seeds):
            made.append(row)
            print("seed %d: AUC %.3f, hablando %.3f" % (row["seed"], row["word_auc"], row["hablando"]), file=sys.stderr)
    path = os.path.join(PROJECT, "benchmarks", "seeds-tf%s.json" % made[0]["tensorflow"].split(".")[0])
    rows = {row["seed"]: row for row in read_json(path, []) if row.get("preset") == made[0]["preset"]}
    rows.update((row["seed"], row) for row in made)
    rows = [rows[seed] for seed in sorted(rows)]
    write_json(path, rows)
    print(table(rows))
    return 0 if all(map(holds, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
