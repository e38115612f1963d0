"""Make notebooks/pretrained/sample, the model that chapters begin with: ``make pretrained``.

    python tools/make_pretrained.py --data-dir runs/seeds/0/data

Trains the preset ``sample`` in DATA_DIR, or takes the run that is there, and keeps what the notebooks need of it: the
weights of its best checkpoint without the optimizer's moments, its vocabulary, and both exported folders.  What the
model is worth is measured and stands in about.json beside its settings, which decide who gets it
(``helpers/tutorial/chapters.py``).
"""

import argparse
import glob
import os
import re
import shutil
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PROJECT)

from benchmarks import seeds
from helpers import conversion, pretraining
from helpers.base import files, manifest, values
from helpers.base.errors import TutorialError
from helpers.pretraining import run_state
from helpers.tutorial import chapters, presets

DATA_DIR = os.path.join("runs", "pretrained", "data")
WORK = os.path.join(PROJECT, "build", "pretrained")
MODEL_NAME = "electra-spanish"
PICKLE = "pytorch_model.bin"  # the same weights once more, for transformers 2.8's own from_pretrained
PATHS = ("pretrain_tfrecords", "valid_tfrecords", "vocab_file", "model_dir", "results_txt")  # in hparams.json


def settings_for(data_dir, preset=presets.DEFAULT):
    """The settings of the run that the model is taken from."""
    return presets.load(preset, dict(DATA_DIR=data_dir, MODEL_NAME=MODEL_NAME))


def train(settings):
    """Make sure that the whole run is in DATA_DIR."""
    chapters.prepare(settings, until="examples")
    pretraining.finish(settings.data_dir, settings.model_name, **chapters.hyperparameters(settings))


def collect(settings, target, work=WORK):
    """Write the folder ``target`` from the finished run of ``settings``; returns what about.json says."""
    data_dir = settings.data_dir
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "corpus"))
    for name in ("vocab.txt", "tokenizer_config.json", "corpus/valid.txt", "corpus/manifest.json"):
        shutil.copy2(os.path.join(data_dir, name), os.path.join(work, name))
    model_dir = os.path.join(work, "models", settings.model_name)
    trained = os.path.join(data_dir, "models", settings.model_name)
    shutil.copytree(os.path.join(trained, run_state.BEST_FOLDER), model_dir)
    shutil.copy2(os.path.join(trained, run_state.METRICS_FILE), model_dir)
    _without_paths(model_dir)
    made = conversion.convert(work, settings.model_name)
    about = dict(
        settings=chapters.identity(settings),
        step=made["step"],
        tensorflow=files.read_json(os.path.join(model_dir, run_state.HPARAMS_FILE))["tensorflow"],
        judged=seeds.verdicts(made["discriminator"]["folder"], work, settings.seed),
    )
    with files.write_folder_aside(target) as folder:
        files.write_json(os.path.join(folder, chapters.ABOUT), about)
        for name in ("vocab.txt", "tokenizer_config.json"):
            shutil.copy2(os.path.join(work, name), os.path.join(folder, name))
        os.mkdir(os.path.join(folder, "checkpoint"))
        for path in glob.glob(os.path.join(glob.escape(model_dir), "*")):
            if os.path.isfile(path):
                shutil.copy2(path, os.path.join(folder, "checkpoint"))
        for component in conversion.COMPONENTS:
            _keep_export(made[component]["folder"], os.path.join(folder, component))
    return about


def _without_paths(model_dir):
    """Let the paths in hparams.json count from a DATA_DIR called data, wherever it was; those of checkpoints go."""
    with open(os.path.join(model_dir, "checkpoint"), encoding="utf-8") as file:
        named = re.sub('"[^"]*/', '"', file.read())
    with files.write_aside(os.path.join(model_dir, "checkpoint")) as file:
        file.write(named)
    path = os.path.join(model_dir, run_state.HPARAMS_FILE)
    hparams = files.read_json(path)
    root = os.path.dirname(hparams["vocab_file"])  # the DATA_DIR of the training, which may have moved since
    hparams.update((name, os.path.join("data", os.path.relpath(hparams[name], root))) for name in PATHS)
    files.write_json(path, hparams)


def _keep_export(source, folder):
    """An exported folder without its second copy of the weights, which its manifest then does not list."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(PICKLE))
    path = os.path.join(folder, manifest.FILE)
    made = files.read_json(path)
    made["outputs"].pop(PICKLE)
    files.write_json(path, made)


def main(argv=None):
    """The command line; ends with code 1 and one sentence when a step fails."""
    parser = argparse.ArgumentParser(
        prog="python tools/make_pretrained.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data-dir", type=values.given, default=DATA_DIR, help="the run's DATA_DIR (default: %(default)s)"
    )
    arguments = parser.parse_args(argv)
    os.chdir(PROJECT)
    target = os.path.join(chapters.PRETRAINED, presets.DEFAULT)
    try:
        settings = settings_for(arguments.data_dir)
        train(settings)
        about = collect(settings, target)
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    paths = glob.glob(os.path.join(glob.escape(target), "**"), recursive=True)
    size = sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
    print(f"{target}: {size / 1e6:.1f} MB; {about['judged']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
