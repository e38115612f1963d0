"""The command line of ``python -m helpers.finetuning``."""

import argparse
import os
import sys
import typing
from typing import List, Optional

from helpers import finetuning
from helpers.base import events, values
from helpers.base.errors import TutorialError
from helpers.finetuning import curves, metrics, tasks
from helpers.finetuning.training import Settings
from helpers.plots.tables import Table

HELP = {
    "learning_rate": "its peak (default: %(default)s; for a small or base model 1e-4 to 3e-4)",
    "batch_size": "sentences in a step (default: %(default)s)",
    "rounds": "passes over the sentences, at most (default: %(default)s)",
    "patience": "stop after so many rounds without a better result on the validation set (default: %(default)s)",
    "dropout": "share that the encoder drops in training (default: as in pre-training; 0.2 for words if that had none)",
    "max_length": "tokens read at once (default: as many as in pre-training)",
    "seed": "new weights, order and dropout follow from it (default: %(default)s)",
}
RATES_HELP = "from both starts; of several, every run tries all and the validation set chooses"


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.finetuning",
        description=finetuning.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True

    train = commands.add_parser("train", help="fine-tune a pre-trained model", description="Fine-tune a model.")
    _add_task(train)
    _add_settings(train)
    train.add_argument(
        "--output-dir", type=values.given, required=True, help="folder to write; a finished run in it is not done again"
    )
    train.add_argument(
        "--start",
        choices=finetuning.STARTS,
        default="pretrained",
        help="from the model's weights, the default, or from random ones",
    )
    train.add_argument(
        "--confusion", type=values.given, metavar="PNG", help="write a picture of which label is taken for which"
    )

    compare = commands.add_parser(
        "compare",
        help="pre-trained weights against random ones, over the number of labels",
        description="Fine-tune from pre-trained and from random weights, with few labelled sentences and with many.",
    )
    _add_task(compare)
    _add_settings(compare, without=("seed", "learning_rate"))
    usual = [f"{rates[0]:g} {curves.NAMES[start]}" for start, rates in curves.RATES.items()]
    shown = f"{RATES_HELP} (default: {', '.join(usual)})"
    compare.add_argument("--learning-rates", type=float, nargs="+", metavar="RATE", help=shown)
    compare.add_argument(
        "--output-dir", type=values.given, required=True, help="receives curves.json (gone on from) and curves.png"
    )
    compare.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=list(curves.SIZES),
        help="numbers of labelled sentences to try (default: %(default)s)",
    )
    compare.add_argument(
        "--seeds", type=int, nargs="+", default=list(curves.SEEDS), help="a run with each (default: %(default)s)"
    )

    for name, text in (("predict", "label sentences"), ("evaluate", "evaluate a fine-tuned model on a labelled file")):
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        command.add_argument("--model", type=values.given, required=True, help="folder that train wrote")
        if name == "predict":
            command.add_argument("sentences", nargs="+", help="sentences; parts of a pair are parted by a tab")
        else:
            command.add_argument(
                "--file", type=values.given, required=True, help="labelled sentences in the format of the model's kind"
            )
            _add_format(command)
    return made


def _add_task(command):
    command.add_argument(
        "--model", type=values.given, required=True, help="exported folder, such as data/models/M/discriminator"
    )
    command.add_argument("--kind", required=True, choices=tasks.KINDS, help="what a label stands for")
    command.add_argument(
        "--train", type=values.given, metavar="FILE", help="labelled sentences (default: the built-in set)"
    )
    command.add_argument(
        "--valid", type=values.given, metavar="FILE", help="to stop by (default: a fifth of the training sentences)"
    )
    command.add_argument(
        "--test", type=values.given, metavar="FILE", help="to test on (default: half of the validation set)"
    )
    _add_format(command)


def _add_format(command):
    command.add_argument("--columns", help="where words or texts and labels stand: 1,4 or sentence1,sentence2,label")
    command.add_argument("--encoding", help="of the files (default: utf-8; CoNLL-2002: latin-1; old Excel: cp1252)")


def _add_settings(command, without=()):
    for name, hint in typing.get_type_hints(Settings).items():
        if name in HELP and name not in without:
            kind = float if hint in (float, Optional[float]) else int
            usual = Settings._field_defaults[name]
            command.add_argument("--" + name.replace("_", "-"), type=kind, default=usual, help=HELP[name])


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line; ends with code 1 and one sentence when something is wrong."""
    arguments = parser().parse_args(argv)
    events.run(lambda reporter: COMMANDS[arguments.command](arguments))


def _columns(arguments):
    return arguments.columns.split(",") if arguments.columns else None


def _task(arguments):
    if arguments.train is None:
        for name in ("valid", "test", "columns", "encoding"):
            if getattr(arguments, name):
                raise TutorialError(f"--{name} needs --train: name the file to learn from as well")
        return tasks.builtin(arguments.kind)
    return tasks.load(
        arguments.kind, arguments.train, arguments.valid, arguments.test, _columns(arguments), arguments.encoding
    )


def _settings(arguments):
    return {name: getattr(arguments, name) for name in HELP if hasattr(arguments, name)}


def train(arguments: argparse.Namespace) -> None:
    """The command ``train``."""
    if arguments.confusion and arguments.kind == tasks.SCORES:
        raise TutorialError("--confusion shows which label is taken for which, and scores are no labels: leave it out")
    result = finetuning.finetune(
        arguments.model, _task(arguments), arguments.output_dir, arguments.start, **_settings(arguments)
    )
    _say(result["test"])
    print(f"\nround {result['best']} of {len(result['history'])} was kept: {result['folder']}")
    if arguments.confusion:
        from helpers.plots.finetuning import confusion_matrix

        confusion_matrix(result["test"]).write(arguments.confusion)


def compare(arguments: argparse.Namespace) -> None:
    """The command ``compare``."""
    from helpers.plots.finetuning import learning_curves

    path = os.path.join(arguments.output_dir, "curves")
    rows = curves.compare(
        arguments.model, _task(arguments), path + ".json", arguments.sizes, arguments.seeds,
        rates=arguments.learning_rates and dict.fromkeys(finetuning.STARTS, arguments.learning_rates),
        **_settings(arguments),
    )  # fmt: skip
    learning_curves(rows, curves.WORDS).write(path + ".png")
    print(Table(*curves.table(rows)))
    print(f"\n{path}.json, {path}.png")


def predict(arguments: argparse.Namespace) -> None:
    """The command ``predict``."""
    model = finetuning.load(arguments.model)
    sentences = [tuple(text.split("\t")) if "\t" in text else text for text in arguments.sentences]
    for sentence, found in zip(arguments.sentences, model.predict(sentences)):
        if model.kind == tasks.TOKENS:
            print("\n".join(f"{word}\t{label}\t{share:.3f}" for word, label, share in found) + "\n")
        elif model.kind == tasks.SCORES:
            print(sentence.replace("\t", " | "), f"{found:.4g}", sep="\t")
        else:
            label, share = found
            print(sentence.replace("\t", " | "), label, f"{share:.3f}", sep="\t")


def evaluate(arguments: argparse.Namespace) -> None:
    """The command ``evaluate``."""
    model = finetuning.load(arguments.model)
    said = lambda text: print(text, file=sys.stderr)  # noqa: E731
    _say(model.evaluate(tasks.read(model.kind, arguments.file, _columns(arguments), arguments.encoding, said)))


def _say(evaluation):
    if evaluation["rows"]:
        print(Table(["label", "precision", "recall", "F1", "count"], evaluation["rows"]), end="\n\n")
    print(", ".join("{} {:.4g}".format(*item) for item in metrics.numbers(evaluation).items()))


COMMANDS = dict(train=train, compare=compare, predict=predict, evaluate=evaluate)


if __name__ == "__main__":
    sys.exit(main())
