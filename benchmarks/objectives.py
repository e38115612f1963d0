"""ELECTRA, ELECTRA 15% and masked LM at equal compute: which encoder is worth most after fine-tuning?

    python -m benchmarks.objectives --data-dir data [--steps 500 1000 2000] [--seeds 0 1 2] [--sentences 100]

Reads  DATA_DIR: vocabulary and examples, made with the preset where they are missing
Writes FOLDER/rows.json (gone on from), FOLDER/TASK.png for each task, and a table to stdout

--hparams changes the settings of pre-training, the same for all.  --kind and --train judge by labels of one's own
in place of the two built-in tasks.
"""

import argparse
import os
import statistics
import sys

from helpers import chapters, events, finetuning_data, finetuning_plots, hyperparameters, objectives


def table(rows):
    """Markdown: mean and range over seeds, for each task, amount of compute and objective."""
    lines = ["| Task | FLOPs | Objective | Steps | Mean | Lowest to highest | Seeds |", "|---|---|---|---|---|---|---|"]
    groups = {}
    for row in rows:
        groups.setdefault((row["task"], row["flops"], row["objective"]), []).append(row)
    for (task, flops, objective), group in groups.items():
        values = [row["value"] for row in group]
        numbers = (statistics.mean(values), min(values), max(values), len(values))
        lines.append(
            "| %s | %.3g | %s | %d | %.3f | %.3f to %.3f | %d |" % (task, flops, objective, group[0]["steps"], *numbers)
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.objectives",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--folder", help="where it works (default: DATA_DIR/objectives)")
    parser.add_argument("--steps", type=int, nargs="+", default=[500, 1000, 2000], help="of ELECTRA; others: as dear")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sentences", type=int, default=100, help="labelled sentences to fine-tune on (default: 100)")
    parser.add_argument(
        "--objectives", nargs="+", choices=list(objectives.OBJECTIVES), default=list(objectives.OBJECTIVES)
    )
    parser.add_argument("--hparams", help="JSON or a JSON file: changes to the settings of pre-training")
    parser.add_argument("--kind", choices=finetuning_data.KINDS, help="one task only")
    parser.add_argument(
        "--train", metavar="FILE", help="labelled sentences of that kind, in place of the built-in ones"
    )
    parser.add_argument("--valid", metavar="FILE")
    arguments = parser.parse_args()
    folder = arguments.folder or os.path.join(arguments.data_dir, "objectives")

    def work(reporter):
        tasks = None
        if arguments.train:
            kind = arguments.kind or finetuning_data.TOKENS
            tasks = {os.path.basename(arguments.train): finetuning_data.load(kind, arguments.train, arguments.valid)}
        chapters.prepare(arguments.data_dir, until="examples")
        base = chapters.hyperparameters(arguments.data_dir)
        base.update(hyperparameters.parse(arguments.hparams) if arguments.hparams else {})
        rows = objectives.compare(
            arguments.data_dir, folder, arguments.steps, arguments.seeds,
            kinds=[arguments.kind] if arguments.kind else finetuning_data.KINDS, sentences=arguments.sentences,
            tasks=tasks, objectives=arguments.objectives, base=base,
        )  # fmt: skip
        for task in dict.fromkeys(row["task"] for row in rows):
            picture = finetuning_plots.quality_against_compute(objectives.of_task(rows, task), title=task)
            picture.write(os.path.join(folder, task + ".png"))
        print(table(rows))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
