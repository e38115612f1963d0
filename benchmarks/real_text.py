"""What runs on real text have learned of Spanish, and how it grew: the pictures of README and the notebooks' figures.

    python -m benchmarks.real_text valid.txt.gz --run runs/recipes/quick/models/seed-*

Each run is a model's folder in DATA_DIR/models whose checkpoints were kept: "save_checkpoints_steps": 1000 and
"keep_checkpoint_max": 0 among its hyperparameters.  TEXT is text that none of them has seen, such as other films'.

Writes the discriminators of several steps into each run's folder, under steps/; --output, with the share of minimal
pairs told apart by each and the verdicts of the first run on six pairs of sentences; and into --pictures quick.png
(those verdicts), pairs.png (bars of the last steps) and growth.png
"""

import argparse
import os

from helpers import discriminator, environment, plots
from helpers.base import events, files, values
from helpers.base.errors import TutorialError
from helpers.data.corpus.account import amount
from helpers.discriminator import pairs
from helpers.discriminator.pairs.__main__ import lines_of
from helpers.environment import child
from helpers.pretraining import run_state

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# As it may stand in a film, and the same with one word that is wrong there.
SENTENCES = [
    ("Tengo que hablar con mi hermano.", "Tengo que hablar con mi nunca."),
    ("Mi madre está en la casa.", "Mi madre está en la muy."),
    ("Buenas noches, señor.", "Buenas ventanas, señor."),
    ("Es una mujer muy guapa.", "Es un mujer muy guapa."),
    ("Los niños están en la escuela.", "Los niños está en la escuela."),
    ("Yo quiero ir a casa.", "Yo quieres ir a casa."),
]
STEPS = 10  # of a run, at most


def kept(model_dir):
    """The steps of a run's checkpoints, in order."""
    return sorted(run_state.kept_checkpoints(model_dir)) if os.path.isdir(model_dir) else []


def chosen(steps, count=STEPS):
    """Up to ``count`` of ``steps``, evenly spread, the last one among them."""
    if len(steps) <= count:
        return list(steps)
    return [steps[round((place + 1) * len(steps) / count) - 1] for place in range(count)]


def export(model_dir, step, last):
    """The folder of the discriminator at a step of a run, which is exported unless it is there; ``last``: its end."""
    data_dir, folder = os.path.dirname(os.path.dirname(model_dir)), os.path.join(model_dir, "steps", str(step))
    argv = ["--model-dir", model_dir, "--vocab-file", os.path.join(data_dir, "vocab.txt"), "--output-dir", folder]
    argv += ["--component", "discriminator", "--step", step]
    valid_file = os.path.join(data_dir, "corpus", "valid.txt")
    if last and os.path.isfile(valid_file):  # it judges sentences, so it needs a threshold
        argv += ["--valid-file", valid_file]
    child.run("helpers.conversion", argv, title=f"Step {step:,}")
    return folder


def measure(runs, found):
    """For each run, by its label: the discriminators' folders by step, and what each tells apart of the pairs."""
    told = {}
    for label, model_dir in runs.items():
        steps = chosen(kept(model_dir))
        folders = {step: export(model_dir, step, step == steps[-1]) for step in steps}
        told[label] = {
            step: (folder, pairs.told_apart(discriminator.load(folder), found)) for step, folder in folders.items()
        }
    return told


def collect(told, text, count):
    """What ``--output`` holds: ``about``, ``rows`` for a figure of growth, ``sentences`` and their ``threshold``."""
    rows = [
        row
        for label, by_step in told.items()
        for step, (folder, shares) in by_step.items()
        for row in pairs.rows({label: shares}, {label: folder})
    ]
    first = next(iter(told.values()))
    last = discriminator.load(first[max(first)][0])
    verdicts = last.probabilities_of([sentence for pair in SENTENCES for sentence in pair])
    rounded = [[[word, round(probability, 4)] for word, probability in words] for words in verdicts]
    about = f"{amount(count, 'minimal pair')} from {os.path.basename(text)}, {amount(len(told), 'run')}"
    return dict(
        about=f"{about} of {max(first):,} steps",
        threshold=round(last.threshold, 4),
        sentences=[rounded[place : place + 2] for place in range(0, len(rounded), 2)],
        rows=[dict(row, share=None if row["share"] is None else round(row["share"], 4)) for row in rows],
    )


def draw(measured, folder):
    """Write the three pictures of ``measured`` into ``folder``."""
    last = max(row["step"] for row in measured["rows"])
    bars = {}
    for row in measured["rows"]:
        if row["step"] == last:
            bars.setdefault(row["model"], {})[row["phenomenon"]] = row
    plots.sentence_pairs(measured["sentences"], measured["threshold"]).write(os.path.join(folder, "quick.png"))
    plots.by_phenomenon(bars).write(os.path.join(folder, "pairs.png"))
    plots.growth(measured["rows"]).write(os.path.join(folder, "growth.png"))


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_text", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "text", type=values.given, metavar="TEXT", help="text that the models were not trained on, one sentence a line"
    )
    parser.add_argument(
        "--run", type=values.given, nargs="+", required=True, metavar="FOLDER", help="models' folders; several seeds"
    )
    parser.add_argument(
        "--output",
        type=values.given,
        default=os.path.join(PROJECT, "benchmarks", "real_text.json"),
        help="file of the results (default: benchmarks/real_text.json)",
    )
    parser.add_argument("--pictures", type=values.given, default=os.path.join(PROJECT, "docs"), help="default: docs")
    parser.add_argument(
        "--tensorflow", type=values.given, default="auto", help="as in the notebooks: auto, 1.15, kernel, 2"
    )
    arguments = parser.parse_args()

    def work(reporter):
        runs = {os.path.basename(os.path.abspath(folder)): os.path.abspath(folder) for folder in arguments.run}
        for folder in runs.values():
            if len(kept(folder)) < 2:
                raise TutorialError(
                    f"{folder} has not kept two checkpoints: set keep_checkpoint_max to 0, and run again"
                )
        found = pairs.make(lines_of(arguments.text, reporter))
        environment.setup(arguments.tensorflow)
        measured = collect(measure(runs, found), arguments.text, len(found))
        files.write_json(arguments.output, measured)
        draw(measured, arguments.pictures)
        for row in measured["rows"]:
            print(f"{row['model']:12} {row['step']:7,} {row['phenomenon']:24} {row['share']}")

    events.run(work)


if __name__ == "__main__":
    main()
