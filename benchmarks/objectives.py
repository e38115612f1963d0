"""ELECTRA, ELECTRA 15% and masked LM at equal compute: which encoder is worth most after fine-tuning?

    python -m benchmarks.objectives --data-dir data --steps 500 1000 --seeds 0 1 2 --scratch

Reads  DATA_DIR: vocabulary and examples, made with the preset (of its text: the built-in one) where they are missing
Writes FOLDER/rows.json (gone on from), FOLDER/results.json (the rows of this call), FOLDER/TASK.png for each task,
       and a table to stdout
       --keep: also what the project shows of it, benchmarks/objectives.json (drawn by notebook 6),
       docs/objectives-TASK.png and the table of docs/finetuning.md

--preset and --hparams are the settings of pre-training, the same for all.  --kind and --train measure by labels of
one's own in place of the two built-in tasks.  --scratch adds what random weights reach.
"""

import argparse
import os
import statistics
import sys

from helpers import plots
from helpers.base import events, files, values
from helpers.finetuning import tasks
from helpers.pretraining import hyperparameters
from helpers.tutorial import chapters, objectives, presets

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TITLES = {"tokens": "Parts of speech", "sentences": "Sentences that fit or not"}
BEGIN, END = "<!-- objectives -->\n", "\n<!-- /objectives -->"  # around the table in docs/finetuning.md


def table(rows):
    """Markdown: mean and range over seeds, for each task, amount of compute and objective."""
    lines = ["| Task | FLOPs | Objective | Steps | Mean | Lowest to highest | Seeds |", "|---|---|---|---|---|---|---|"]
    groups = {}
    for row in rows:
        groups.setdefault((row["task"], row["flops"], row["objective"]), []).append(row)
    order = list(dict.fromkeys(row["task"] for row in rows))
    for key in sorted(groups, key=lambda key: (order.index(key[0]), key[1])):
        (task, flops, objective), group = key, groups[key]
        values = [row["value"] for row in group]
        numbers = (statistics.mean(values), min(values), max(values), len(values))
        lines.append(
            "| %s | %.3g | %s | %d | %.3f | %.3f to %.3f | %d |" % (task, flops, objective, group[0]["steps"], *numbers)
        )
    return "\n".join(lines)


def keep(rows, root=ROOT):
    """Make ``rows`` those that the project shows: benchmarks/objectives.json, both pictures, and the table."""
    files.write_json(os.path.join(root, "benchmarks", "objectives.json"), rows)
    for task, title in TITLES.items():
        picture = plots.quality_against_compute(objectives.of_task(rows, task), title=title)
        picture.write(os.path.join(root, "docs", f"objectives-{task}.png"))
    page = os.path.join(root, "docs", "finetuning.md")
    with open(page, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    with files.write_aside(page) as file:
        file.write(before + BEGIN + table(rows) + END + rest.split(END)[1])


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.objectives",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data-dir", type=values.given, default="data", help="with text and vocabulary (default: data)"
    )
    parser.add_argument("--folder", type=values.given, help="where it works (default: DATA_DIR/objectives)")
    parser.add_argument(
        "--steps",
        type=int,
        nargs="+",
        default=[125, 250, 500, 1000, 2000],
        help="of ELECTRA; the other objectives get what costs as much",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="a run with each (default: 0 1 2)")
    parser.add_argument("--sentences", type=int, default=100, help="labelled sentences to fine-tune on (default: 100)")
    parser.add_argument(
        "--objectives",
        nargs="+",
        choices=list(objectives.OBJECTIVES),
        default=list(objectives.OBJECTIVES),
        help="what is compared (default: all)",
    )
    parser.add_argument("--preset", default=presets.DEFAULT, choices=presets.names(), help="default: %(default)s")
    parser.add_argument(
        "--hparams", type=values.given, help="JSON or a JSON file: changes to the preset's settings of pre-training"
    )
    parser.add_argument("--learning-rates", type=float, nargs="+", metavar="RATE",
                        help="of fine-tuning: every encoder tries all, the validation set chooses")  # fmt: skip
    parser.add_argument("--scratch", action="store_true", help="fine-tune random weights too")
    parser.add_argument("--kind", choices=tasks.KINDS, help="one task only")
    parser.add_argument(
        "--train",
        type=values.given,
        metavar="FILE",
        help="labelled sentences of that kind, in place of the built-in ones",
    )
    parser.add_argument(
        "--valid", type=values.given, metavar="FILE", help="to stop and test by (default: a part of --train)"
    )
    parser.add_argument("--keep", action="store_true", help="make the results those that the project shows")
    arguments = parser.parse_args()
    if arguments.keep and (arguments.train or arguments.kind):
        parser.error("--keep is for both built-in tasks: leave out --kind and --train")
    folder = arguments.folder or os.path.join(arguments.data_dir, "objectives")

    def work(reporter):
        labelled = None
        if arguments.train:
            kind = arguments.kind or tasks.TOKENS
            labelled = {os.path.basename(arguments.train): tasks.load(kind, arguments.train, arguments.valid)}
        text = {name: presets.read(presets.DEFAULT)[name] for name in ("CORPUS", "TRAIN_SIZE")}
        settings = presets.load(arguments.preset, dict(text, DATA_DIR=arguments.data_dir))
        chapters.prepare(settings, until="examples")
        base = chapters.hyperparameters(settings)
        base.update(hyperparameters.parse(arguments.hparams) if arguments.hparams else {})
        rows = objectives.compare(
            arguments.data_dir, folder, arguments.steps, arguments.seeds,
            kinds=[arguments.kind] if arguments.kind else tasks.BUILT_IN, sentences=arguments.sentences,
            labelled=labelled, objectives=arguments.objectives, base=base, rates=arguments.learning_rates,
            scratch=arguments.scratch,
        )  # fmt: skip
        files.write_json(os.path.join(folder, "results.json"), rows)
        for task in dict.fromkeys(row["task"] for row in rows):
            picture = plots.quality_against_compute(objectives.of_task(rows, task), title=task)
            picture.write(os.path.join(folder, task + ".png"))
        if arguments.keep:
            keep(rows)
        print(table(rows))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
