"""What a notebook that is opened alone needs from the steps before it.

    MODEL_NAME = chapters.prepare(DATA_DIR, MODEL_NAME, until="export")

takes what lies in DATA_DIR and makes what is missing, with the settings of a preset and a shorter training.

    python -m helpers.tutorial.chapters [--data-dir DIR] [--until STEP]

does so beforehand, so that a notebook opens ready to run.
"""

import argparse
import itertools
import os
import shutil
import sys

from helpers import conversion, pretraining
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data import corpus, dataset, vocabulary
from helpers.data.dataset import manifest
from helpers.tutorial import presets

# Steps in their order, and the file in DATA_DIR that says that a step is done.
MARKS = {
    "corpus": "corpus/manifest.json",
    "vocabulary": "vocab.txt",
    "examples": "pretrain_tfrecords/manifest.json",
    "model": "models/{model_name}/checkpoint",
    "export": "models/{model_name}/discriminator/config.json",
}
BUILT_IN = "sample"  # the preset that needs no network
# Of a model that is made in passing: at most so many steps, a minute on 2 cores, and the rate that suits so few
# (at the sample preset's 0.002 the same fine-tuning reaches 0.892 with 100 labelled sentences, here 0.918).
QUICK_STEPS, QUICK_RATE = 1000, 0.001


def prepare(data_dir, model_name="electra-spanish", until="export", preset=BUILT_IN, **changes):
    """Make sure that the steps up to ``until``, a key of ``MARKS``, are done in ``data_dir``.

    A step that is done is taken as it is, whatever its settings were, and one line says so; a missing
    one is made with the parameters of ``preset`` and ``changes`` (names as in the notebook's form).
    Where there is no model ``model_name``, a quick one is trained beside it, as ``model_name-quick``.

    Returns the name of the model that is there: the one that was asked for, or the quick one.
    """
    if until not in MARKS:
        raise TutorialError(f"until={until!r} is not one of: {', '.join(MARKS)}")
    settings = presets.load(preset)
    if not settings:
        raise TutorialError(f"PRESET is empty: name one of {', '.join(presets.names())}.")
    settings = dict(presets.load(BUILT_IN), **settings)  # where a preset leaves the text open, it is the built-in one
    if settings["NUM_TRAIN_STEPS"] > QUICK_STEPS:
        settings.update(NUM_TRAIN_STEPS=QUICK_STEPS, LEARNING_RATE=min(settings["LEARNING_RATE"], QUICK_RATE))
    settings.update(changes)
    if not os.path.exists(os.path.join(data_dir, MARKS["model"].format(model_name=model_name))):
        model_name += "-quick"
    for step, mark in MARKS.items():
        path = os.path.join(data_dir, mark.format(model_name=model_name))
        if os.path.exists(path):
            print(f"{step:10} is there: {os.path.dirname(path)}")
        else:
            _MAKE[step](data_dir, model_name, settings)
        if step == until:
            break
    return model_name


def hyperparameters(data_dir, preset=BUILT_IN, **changes):
    """Hyperparameters of a preset for the examples that lie in ``data_dir``, with ``changes``.

    The length of the examples is theirs, whatever the preset says: they may have been built for another run.
    """
    settings = presets.hyperparameters(presets.load(preset))
    made = manifest.read(os.path.join(data_dir, "pretrain_tfrecords")) or {}
    length = made.get("parameters", {}).get("max_seq_length")
    if length:
        settings["max_seq_length"] = length
    return dict(settings, **changes)


def branch(data_dir, folder, lines=20000):
    """Make ``folder`` a data folder with the vocabulary and the first ``lines`` lines of text of ``data_dir``.

    Experiments there leave ``data_dir`` as it is.  Returns ``folder``.
    """
    os.makedirs(os.path.join(folder, "corpus"), exist_ok=True)
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy2(os.path.join(data_dir, name), os.path.join(folder, name))
    for name in ("train.txt", "valid.txt"):
        with open(os.path.join(data_dir, "corpus", name), encoding="utf-8") as source:
            with files.write_aside(os.path.join(folder, "corpus", name)) as target:
                target.writelines(itertools.islice(source, lines))
    return folder


def costs(data_dir, megabytes=(1, 8, 64)):
    """Seconds that it takes to build examples from so many megabytes: the text of ``data_dir``, repeated.

    Each size has a folder of its own, and one that was built before is not built again.
    """
    seconds = []
    for size in megabytes:
        folder = branch(data_dir, os.path.join(data_dir, "cost", f"{size}-MB"), lines=0)
        with open(os.path.join(data_dir, "corpus", "train.txt"), "rb") as file:
            text = file.read(int(size * 1e6))
        whole, rest = divmod(int(size * 1e6), len(text))
        with files.write_aside(os.path.join(folder, "corpus", "train.txt"), "wb") as file:
            for _ in range(whole):
                file.write(text)
            file.write(text[:rest].rpartition(b"\n")[0])
        os.remove(os.path.join(folder, "corpus", "valid.txt"))
        seconds.append(dataset.build(folder, max_seq_length=128)["train"]["seconds"])
    return seconds


def _corpus(data_dir, model_name, settings):
    corpus.prepare(settings["CORPUS"], data_dir, train_size=settings["TRAIN_SIZE"], seed=settings.get("SEED", 0))


def _vocabulary(data_dir, model_name, settings):
    vocabulary.prepare(settings["VOCAB"], data_dir)


def _examples(data_dir, model_name, settings):
    dataset.build(
        data_dir,
        max_seq_length=settings["MAX_SEQ_LENGTH"],
        one_sentence_per_example=settings["ONE_SENTENCE_PER_EXAMPLE"],
        seed=settings.get("SEED", 0),
    )


def _model(data_dir, model_name, settings):
    length = hyperparameters(data_dir)["max_seq_length"]
    pretraining.finish(data_dir, model_name, **dict(presets.hyperparameters(settings), max_seq_length=length))


def _export(data_dir, model_name, settings):
    conversion.convert(data_dir, model_name)


_MAKE = {"corpus": _corpus, "vocabulary": _vocabulary, "examples": _examples, "model": _model, "export": _export}


def main(arguments=None):
    """The command line; ends with code 1 and one sentence when a step fails."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tutorial.chapters", description="Make what the notebooks need."
    )
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--until", default="export", choices=list(MARKS), help="the last step that is made")
    options = parser.parse_args(arguments)
    try:
        prepare(options.data_dir, until=options.until)
        return 0
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped; run it again to go on from what is saved", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
