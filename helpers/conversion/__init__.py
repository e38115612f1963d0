"""Step 4, conversion: from the TensorFlow checkpoint to folders that ``from_pretrained`` loads.

The notebook calls :func:`convert`; it writes ``DATA_DIR/models/MODEL_NAME/discriminator`` and
``generator``.  The work is done by ``helpers/conversion/export.py`` in a child process; what is here
needs the standard library only, so that an unchanged checkpoint is recognized at once.
"""

import json
import os
import re
from typing import NamedTuple

from helpers.base import files
from helpers.base.errors import TutorialError

MANIFEST = "manifest.json"
COMPONENTS = ("discriminator", "generator")
PACKAGE = os.path.dirname(os.path.abspath(__file__))
# The code whose change makes the exported folders stale.
CODE = ("conversion.py", "discriminator.py", "generator.py", "held_out.py", "model_card.py",
        "pretrained.py", "words.py", "tf1/checkpoint_reader.py", "tf1/comparison.py",
        "tf1/configuration.py", "tf1/convert.py", "tf1/heads.py", "tf1/tokenizer_files.py",
        "tf1/weights_map.py")  # fmt: skip


class Checkpoint(NamedTuple):
    """A TensorFlow checkpoint: the prefix of its files, its step, and the files themselves."""

    prefix: str
    step: int
    files: tuple


def convert(data_dir, model_name, hparams=None):
    """Export the newest checkpoint of a model for transformers, discriminator and generator.

    ``hparams`` (a dict) stands in for DATA_DIR/models/MODEL_NAME/hparams.json where there is none.
    Returns ``{"up_to_date", "checkpoint", "step", "model_dir", "discriminator": {...},
    "generator": {...}}``; a component that the training did not make is None.  Each component's
    dict has ``folder``, ``parameters`` (their number), ``difference`` (the largest absolute one
    between TensorFlow's and PyTorch's logits) and, for the discriminator, ``threshold`` (set on
    DATA_DIR/corpus/valid.txt; None without it).
    """
    model_dir = os.path.join(data_dir, "models", model_name)
    valid_file = os.path.join(data_dir, "corpus", "valid.txt")
    job = Job(
        model_dir=model_dir,
        vocab_file=os.path.join(data_dir, "vocab.txt"),
        output_dir=model_dir,
        hparams=hparams,
        valid_file=valid_file if os.path.isfile(valid_file) else None,
    )
    done = up_to_date(job)
    if done:
        print(f"conversion: up to date ({model_dir}, step {done['step']})")
        return done
    from helpers.environment import child

    argv = ["--model-dir", job.model_dir, "--vocab-file", job.vocab_file, "--output-dir", job.output_dir]
    if hparams is not None:
        argv += ["--hparams", json.dumps(hparams)]
    if job.valid_file:
        argv += ["--valid-file", job.valid_file]
    return child.run("helpers.conversion", argv, title="Conversion")


def variable_map(folder):
    """How an exported ``folder`` was filled: a list of dicts, a parameter each, in the order of the model.

    Keys: ``tensorflow`` and ``pytorch`` (names), ``shape`` (in PyTorch), ``transposed``.
    """
    manifest = _manifest(folder)
    if not manifest:
        raise TutorialError(f"{folder} is not a folder that the conversion wrote: run conversion.convert first")
    return manifest["variables"]


class Job(NamedTuple):
    """What one conversion is asked to do; ``component`` None means both, each in a subfolder."""

    model_dir: str
    vocab_file: str
    output_dir: str
    component: str = None
    hparams: dict = None
    valid_file: str = None

    def folder(self, component):
        """Where ``component`` is written."""
        return self.output_dir if self.component else os.path.join(self.output_dir, component)

    def components(self):
        """The components to write."""
        return (self.component,) if self.component else COMPONENTS


def newest_checkpoint(model_dir):
    """The newest :class:`Checkpoint` of a training folder, found without TensorFlow.

    The file named ``checkpoint`` says which it is; the folder may have moved since, so only the
    name counts.  Without that file the highest step is taken.
    """
    if not os.path.isdir(model_dir):
        raise TutorialError(f"there is no model folder {model_dir}: pre-train first, or correct the model's name")
    prefix = None
    try:
        with open(os.path.join(model_dir, "checkpoint"), encoding="utf-8") as file:
            match = re.search(r'^model_checkpoint_path:\s*"(.*)"', file.read(), re.MULTILINE)
        if match:
            prefix = os.path.join(model_dir, os.path.basename(match.group(1)))
    except (OSError, UnicodeDecodeError):
        pass
    if prefix is None or not os.path.exists(f"{prefix}.index"):
        found = [re.match(r"(.*-(\d+))\.index$", name) for name in os.listdir(model_dir)]
        newest = max((match for match in found if match), key=lambda match: int(match.group(2)), default=None)
        if newest is None:
            raise TutorialError(f"{model_dir} holds no TensorFlow checkpoint (no *.index file): pre-train first")
        prefix = os.path.join(model_dir, newest.group(1))
    start = f"{os.path.basename(prefix)}.data-"
    parts = sorted(name for name in os.listdir(model_dir) if name.startswith(start))
    match = re.search(r"-of-(\d+)$", parts[0]) if parts else None
    if not match or len(parts) != int(match.group(1)):
        raise TutorialError(f"checkpoint {prefix} is not whole: its .data files are missing; use an earlier one")
    step = re.search(r"-(\d+)$", prefix)
    names = [f"{prefix}.index"] + [os.path.join(model_dir, name) for name in parts]
    return Checkpoint(prefix, int(step.group(1)) if step else 0, tuple(names))


def inputs(job):
    """All that the exported folders depend on, as a dict for their manifest."""
    checkpoint = newest_checkpoint(job.model_dir)
    if not os.path.isfile(job.vocab_file):
        raise TutorialError(f"there is no vocabulary {job.vocab_file}: make it first, or correct --vocab-file")
    if job.valid_file and not os.path.isfile(job.valid_file):
        raise TutorialError(f"there is no held-out text {job.valid_file}: correct --valid-file")

    def mark(path, how):
        return how(path) if path and os.path.isfile(path) else None

    beside = os.path.dirname(job.vocab_file)
    return dict(
        checkpoint={os.path.basename(path): files.fingerprint(path) for path in checkpoint.files},
        hparams=job.hparams or mark(os.path.join(job.model_dir, "hparams.json"), files.sha256),
        metrics=mark(os.path.join(job.model_dir, "metrics.jsonl"), files.fingerprint),
        vocabulary=files.sha256(job.vocab_file),
        tokenizer=mark(os.path.join(beside, "tokenizer_config.json"), files.sha256),
        held_out=mark(job.valid_file, files.fingerprint),
        code={name: mark(os.path.join(PACKAGE, name), files.sha256) for name in CODE},
    )


def check_folder(folder):
    """Refuse to replace a folder that holds anything which an earlier conversion did not write."""
    if not os.path.exists(folder):
        return
    if not os.path.isdir(folder):
        raise TutorialError(f"{folder} is a file where a folder is to be written: move it away")
    own = set((_manifest(folder) or {}).get("files", ())) | {MANIFEST}
    others = sorted(name for name in os.listdir(folder) if name not in own and not name.startswith("."))
    if others:
        raise TutorialError(
            f"{folder} holds {others[0]}, which the conversion did not write and would lose: move it away or choose another --output-dir"
        )


def _manifest(folder):
    """The manifest of a folder that the conversion wrote, or None."""
    manifest = files.read_json(os.path.join(folder, MANIFEST))
    return manifest if isinstance(manifest, dict) and "variables" in manifest else None


def up_to_date(job):
    """The result of an earlier conversion when nothing that it depends on has changed, else None."""
    wanted = json.loads(json.dumps(inputs(job)))
    result = dict(up_to_date=True, model_dir=job.model_dir)
    for component in job.components():
        manifest = _manifest(job.folder(component))
        if manifest is None:
            # A component that the training never made leaves no folder; the other's manifest says so.
            result[component] = None
            continue
        folder = job.folder(component)
        whole = all(
            os.path.isfile(os.path.join(folder, name)) and os.path.getsize(os.path.join(folder, name)) == size
            for name, size in manifest["files"].items()
        )
        if manifest["inputs"] != wanted or manifest["component"] != component or not whole:
            return None
        result.update(checkpoint=os.path.join(job.model_dir, manifest["checkpoint"]), step=manifest["step"])
        result[component] = dict(manifest["result"], folder=folder)
        result["unavailable"] = manifest["unavailable"]
    if "step" not in result:
        return None
    missing = [component for component in job.components() if result[component] is None]
    return result if all(component in result["unavailable"] for component in missing) else None
