"""What a notebook that is opened alone needs from the steps before it.

    settings = presets.load(PRESET, globals())
    model_name = chapters.prepare(settings, until="export")

takes what lies in DATA_DIR and makes what is missing, with the settings of a preset.  A missing model is not trained:
where the settings are those of a model in notebooks/pretrained (``make pretrained`` makes one, by the preset
``sample``), that one is copied; for other settings a quick one is trained.  A model of the reader's own, which DATA_DIR
holds under MODEL_NAME, comes first.

    python -m helpers.tutorial.chapters --data-dir data --until export

does so beforehand, so that a notebook opens ready to run.
"""

import argparse
import filecmp
import glob
import itertools
import json
import os
import shutil
import sys
from typing import Any, Dict, List, Optional, Sequence

from helpers import conversion, pretraining
from helpers.base import events, files, values
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
PRETRAINED = os.path.join(os.path.dirname(presets.FOLDER), "pretrained")
QUICK, TAKEN = "-quick", "-pretrained"  # what the name of a model that is not the reader's own ends with
ABOUT = "about.json"  # in a pre-trained model's folder: its settings and what came out
# Of a model that is made in passing: at most so many steps, a minute on 2 cores, and the rate that suits so few.
QUICK_STEPS, QUICK_RATE = 1000, 0.001


def prepare(settings: presets.Settings, until: str = "export", pretrained: bool = True) -> str:
    """Make sure that the steps up to ``until`` are done in DATA_DIR.

    A step that is done is taken as it is, and one line says so; where it was made with other settings than these, such
    as another preset's, a second line says which.  A missing step is made with ``settings``.  Where there is no model
    of that name, the pre-trained one of these settings is put beside it, as ``NAME-pretrained``, or else a quick one is
    trained, as ``NAME-quick``.

    Parameters
    ----------
    settings : presets.Settings
        What ``presets.load`` returned.
    until : str
        The last step, a key of :data:`MARKS`.
    pretrained : bool
        False always trains a quick model where there is none.

    Returns
    -------
    str
        The name of the model that is there: the one that was asked for, the pre-trained or the quick one.

    Raises
    ------
    TutorialError
        When there is no such step, or a step fails.
    """
    if until not in MARKS:
        raise TutorialError(f"until={until!r} is not one of: {', '.join(MARKS)}")
    data_dir, model_name = settings.data_dir, settings.model_name
    own = os.path.exists(os.path.join(data_dir, MARKS["model"].format(model_name=model_name)))
    if not own:
        model_name += QUICK
    for step, mark in MARKS.items():
        if step == "model" and not own and pretrained and _take(settings, settings.model_name + TAKEN, until):
            model_name = settings.model_name + TAKEN
        path = os.path.join(data_dir, mark.format(model_name=model_name))
        if os.path.exists(path):
            print(f"{step:10} is there: {os.path.dirname(path)}")
            expected = quick(settings) if model_name == settings.model_name + QUICK else settings.hparams
            other = presets.differences(settings, model_name, expected).get(step)
            if other:
                print(f"{'':10} made with other settings and taken as it is: {other} (another DATA_DIR: a fresh start)")
        else:
            _MAKE[step](model_name, settings)
        if step == until:
            break
    return model_name


def identity(settings: presets.Settings) -> Dict[str, Any]:
    """What a run's outcome depends on: text, vocabulary, examples and hyperparameters, as JSON gives it back."""
    names = ("corpus", "train_size", "vocab", "seed", "max_seq_length", "one_sentence_per_example")
    found = dict({name: getattr(settings, name) for name in names}, hparams=settings.hparams, reading=settings.reading)
    return json.loads(json.dumps(found))


def pretrained_for(settings: presets.Settings) -> Optional[str]:
    """The folder of the pre-trained model that has these settings, or None."""
    for path in sorted(glob.glob(os.path.join(glob.escape(PRETRAINED), "*", ABOUT))):
        if files.read_json(path, {}).get("settings") == identity(settings):
            return os.path.dirname(path)
    return None


def _take(settings: presets.Settings, model_name: str, until: str) -> bool:
    """Put the pre-trained model of these settings into DATA_DIR; whether there is one, and it has the same vocabulary.

    ``until``: "model" leaves out the exported folders, which the reader is about to make.
    """
    source = pretrained_for(settings)
    if source is None:
        return False
    ours, theirs = (os.path.join(folder, "vocab.txt") for folder in (source, settings.data_dir))
    if not filecmp.cmp(ours, theirs, shallow=False):
        name = os.path.relpath(source)
        print(f"{'model':10} {name} is not taken: vocab.txt in {settings.data_dir} is of another run")
        return False
    target = os.path.join(settings.data_dir, "models", model_name)
    parts = {"checkpoint": target}
    if until == "export":
        parts.update((name, os.path.join(target, name)) for name in conversion.COMPONENTS)
    for name, place in parts.items():
        if not os.path.exists(place):
            with files.write_folder_aside(place) as folder:
                for path in glob.glob(os.path.join(glob.escape(os.path.join(source, name)), "*")):
                    shutil.copy2(path, folder)
            if place == target:
                print(f"{'model':10} is taken from {os.path.relpath(source)}; one of your own would come first")
    return True


def hyperparameters(settings: presets.Settings, **changes: Any) -> Dict[str, Any]:
    """Hyperparameters by name for the examples that lie in DATA_DIR, with ``changes``.

    The length of the examples is theirs, whatever the settings say: they may have been built for another run.
    """
    made = manifest.read(os.path.join(settings.data_dir, "pretrain_tfrecords")) or {}
    length = made.get("parameters", {}).get("max_seq_length")
    return dict(settings.hparams, **dict({"max_seq_length": length} if length else {}, **changes))


def quick(settings: presets.Settings) -> Dict[str, Any]:
    """Hyperparameters by name for a model that is made in passing: the run's, but few steps at the rate for so few."""
    chosen = hyperparameters(settings)
    if chosen["num_train_steps"] > QUICK_STEPS:
        chosen.update(num_train_steps=QUICK_STEPS, learning_rate=min(chosen["learning_rate"], QUICK_RATE))
    return chosen


def branch(data_dir: str, folder: str, lines: int = 20000) -> str:
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


def costs(data_dir: str, megabytes: Sequence[float] = (1, 8, 64)) -> List[float]:
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


def _corpus(model_name: str, settings: presets.Settings) -> None:
    size, seed = settings.train_size, settings.seed
    corpus.prepare(settings.corpus, settings.data_dir, train_size=size, seed=seed, **settings.reading)


def _vocabulary(model_name: str, settings: presets.Settings) -> None:
    vocabulary.prepare(settings.vocab, settings.data_dir, hparams=settings.hparams)


def _examples(model_name: str, settings: presets.Settings) -> None:
    dataset.build(
        settings.data_dir,
        max_seq_length=settings.max_seq_length,
        one_sentence_per_example=settings.one_sentence_per_example,
        seed=settings.seed,
    )


def _model(model_name: str, settings: presets.Settings) -> None:
    pretraining.finish(settings.data_dir, model_name, **quick(settings))


def _export(model_name: str, settings: presets.Settings) -> None:
    conversion.convert(settings.data_dir, model_name)


_MAKE = {"corpus": _corpus, "vocabulary": _vocabulary, "examples": _examples, "model": _model, "export": _export}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line; ends with code 1 and one sentence when a step fails."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tutorial.chapters", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--data-dir", type=values.given, default="data", help="the notebooks' DATA_DIR (default: data)")
    parser.add_argument("--until", default="export", choices=list(MARKS), help="the last step that is made")
    options = parser.parse_args(arguments)
    try:
        prepare(presets.load(given=dict(DATA_DIR=options.data_dir)), until=options.until)
        return 0
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped; run it again to go on from what is saved", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(events.until_read(main))
