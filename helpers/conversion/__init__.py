"""Step 4, conversion: from the TensorFlow checkpoint to folders that ``from_pretrained`` loads.

The notebook calls :func:`convert`; it writes ``DATA_DIR/models/MODEL_NAME/discriminator`` and
``generator``.  The work is done by ``helpers/conversion/export.py`` in a child process; what is here
needs the standard library only, so that an unchanged checkpoint is recognized at once.
"""

import json
import os
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from helpers.base import manifest
from helpers.base.errors import TutorialError
from helpers.pretraining import run_state

COMPONENTS = ("discriminator", "generator")
FORMAT = 2  # of the exported folders: raise it where a change of the code makes earlier ones stale


class Checkpoint(NamedTuple):
    """A TensorFlow checkpoint: the prefix of its files, its step, and the files themselves."""

    prefix: str
    step: int
    files: Tuple[str, ...]


def convert(data_dir: str, model_name: str, hparams: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Export the newest checkpoint of a model for transformers, discriminator and generator.

    Parameters
    ----------
    data_dir : str
        Holds ``vocab.txt`` and ``models/MODEL_NAME``.
    model_name : str
    hparams : dict, optional
        Stands in for ``models/MODEL_NAME/hparams.json`` where there is none.

    Returns
    -------
    dict with ``up_to_date``, ``checkpoint``, ``step``, ``model_dir``, ``discriminator`` and ``generator``.  A component
    that the training did not make is None; else its dict has ``folder``, ``parameters`` (their number), ``difference``
    (the largest absolute one between TensorFlow's and PyTorch's logits) and, for the discriminator, ``threshold`` (set
    on DATA_DIR/corpus/valid.txt; None without it).

    Raises
    ------
    TutorialError
        In one sentence.
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


def variable_map(folder: str) -> List[Dict[str, Any]]:
    """How an exported ``folder`` was filled: a list of dicts, a parameter each, in the order of the model.

    Keys: ``tensorflow`` and ``pytorch`` (names), ``shape`` (in PyTorch), ``transposed``.
    """
    made = _made(folder)
    if not made:
        raise TutorialError(f"{folder} is not a folder that the conversion wrote: run conversion.convert first")
    return made["variables"]


class Job(NamedTuple):
    """What one conversion is asked to do.

    ``component`` None means both, each in a subfolder; ``step`` None means the newest checkpoint.
    """

    model_dir: str
    vocab_file: str
    output_dir: str
    component: Optional[str] = None
    hparams: Optional[Dict[str, Any]] = None
    valid_file: Optional[str] = None
    step: Optional[int] = None

    def folder(self, component: str) -> str:
        """Where ``component`` is written."""
        return self.output_dir if self.component else os.path.join(self.output_dir, component)

    def components(self) -> Tuple[str, ...]:
        """The components to write."""
        return (self.component,) if self.component else COMPONENTS


def find_checkpoint(model_dir: str, step: Optional[int] = None) -> Checkpoint:
    """A :class:`Checkpoint` of a training folder, found without TensorFlow: that of ``step``, or the newest.

    The file named ``checkpoint`` says which is the newest.  Without that file the highest step is taken.
    """
    if not os.path.isdir(model_dir):
        raise TutorialError(f"there is no model folder {model_dir}: pre-train first, or correct the model's name")
    prefix = run_state.newest_checkpoint(model_dir) if step is None else None
    if prefix is None:
        names = run_state.kept_checkpoints(model_dir)
        if not names:
            raise TutorialError(f"{model_dir} holds no TensorFlow checkpoint (no *.index file): pre-train first")
        if step is not None and step not in names:
            raise TutorialError(
                f"{model_dir} holds no checkpoint of step {step}, but of {', '.join(map(str, sorted(names)))}: a run "
                "saves one every save_checkpoints_steps and keeps the newest keep_checkpoint_max of them (0: all)"
            )
        prefix = os.path.join(model_dir, names[max(names) if step is None else step])
    start = f"{os.path.basename(prefix)}.data-"
    parts = sorted(name for name in os.listdir(model_dir) if name.startswith(start))
    match = re.search(r"-of-(\d+)$", parts[0]) if parts else None
    if not match or len(parts) != int(match.group(1)):
        raise TutorialError(f"checkpoint {prefix} is not whole: its .data files are missing; use an earlier one")
    names = [f"{prefix}.index"] + [os.path.join(model_dir, name) for name in parts]
    step = re.search(r"-(\d+)$", prefix)
    return Checkpoint(prefix, int(step.group(1)) if step else 0, tuple(names))


def parameters(job: Job, component: str) -> Dict[str, Any]:
    """What decides a component's folder beside the files that it is made from."""
    return dict(format=FORMAT, component=component, hparams=job.hparams)


def inputs(job: Job) -> Dict[str, str]:
    """The files that the exported folders are made from: paths by name.  Raises TutorialError where one is missing."""
    checkpoint = find_checkpoint(job.model_dir, job.step)
    if not os.path.isfile(job.vocab_file):
        raise TutorialError(f"there is no vocabulary {job.vocab_file}: make it first, or correct --vocab-file")
    if job.valid_file and not os.path.isfile(job.valid_file):
        raise TutorialError(f"there is no held-out text {job.valid_file}: correct --valid-file")
    found = {os.path.basename(path): path for path in checkpoint.files}
    for name, folder in (
        (run_state.HPARAMS_FILE, job.model_dir),
        (run_state.METRICS_FILE, job.model_dir),
        ("tokenizer_config.json", os.path.dirname(job.vocab_file)),
    ):
        if os.path.isfile(os.path.join(folder, name)):
            found[name] = os.path.join(folder, name)
    if job.hparams:
        found.pop(run_state.HPARAMS_FILE, None)
    found["vocabulary"] = job.vocab_file
    return dict(found, held_out=job.valid_file) if job.valid_file else found


def check_folder(folder: str) -> None:
    """Refuse to replace a folder that holds anything which an earlier conversion did not write."""
    if not os.path.exists(folder):
        return
    if not os.path.isdir(folder):
        raise TutorialError(f"{folder} is a file where a folder is to be written: move it away")
    own = set((_made(folder) or {}).get("outputs", ())) | {manifest.FILE}
    others = sorted(name for name in os.listdir(folder) if name not in own and not name.startswith("."))
    if others:
        raise TutorialError(
            f"{folder} holds {others[0]}, which the conversion did not write and would lose: move it away or choose "
            "another --output-dir"
        )


def _made(folder):
    """The manifest of a folder that the conversion wrote, or None."""
    found = manifest.read(os.path.join(folder, manifest.FILE))
    return found if found and "variables" in found else None


def up_to_date(job: Job) -> Optional[Dict[str, Any]]:
    """The result of an earlier conversion when nothing that it depends on has changed, else None."""
    made_from = inputs(job)
    result = dict(up_to_date=True, model_dir=job.model_dir)
    for component in job.components():
        folder = job.folder(component)
        if _made(folder) is None:
            # A component that the training never made leaves no folder; the other's manifest says so.
            result[component] = None
            continue
        made = manifest.current(os.path.join(folder, manifest.FILE), parameters(job, component), made_from)
        if made is None:
            return None
        result.update(checkpoint=os.path.join(job.model_dir, made["checkpoint"]), step=made["step"])
        result[component] = dict(made["result"], folder=folder)
        result["unavailable"] = made["unavailable"]
    if "step" not in result:
        return None
    missing = [component for component in job.components() if result[component] is None]
    return result if all(component in result["unavailable"] for component in missing) else None
