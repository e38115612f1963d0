"""Everything that only a real GPU can tell, in one command of at most 8 minutes.

    python -m benchmarks.gpu --seconds 480

Prints what it finds and writes benchmarks/gpu.json, part by part as each is done: what is cut off has brought home
what there was until then, a part that fails or takes longer than its share of the time is written down with its error
and the next goes on, and ``--only`` renews some parts of the file.  The parts:

facts     card, driver, versions; whether TensorFlow sees the card, and whether its libraries and XLA run there
data      text, vocabulary and examples; what is there already is taken
equality  losses and gradients of one batch beside the CPU's; --reference FOLDER: beside known ones as well
small     seconds and memory of a step at batch 128, 128 tokens, 30,522 words: ours and PyTorch's best in turn; what
          one step runs, and what it sends between card and host
words     the same for 119,547 words: ours as it is, PyTorch's best
training  3 minutes of training, begun on the CPU, interrupted, back on the CPU, to its end: held-out metrics
memory    what is said when the card's memory runs out, and whether what it advises helps
compiled  the step compiled by XLA: the seconds until its first one, what it takes then, and whether it is the same
base      the base size: ours as it is, PyTorch's best; then the rows that are left; nothing with --dry

``--dry`` goes through all of it on a CPU at small size, in about two minutes.  TensorFlow 1.15 or 2.x, NumPy and tqdm
are enough; PyTorch's steps run on another interpreter (--peer-python) where there is one.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from typing import Dict, Optional

import numpy as np

from helpers.base import events, values
from helpers.base.errors import TutorialError
from helpers.base.files import read_json, write_json
from helpers.environment import gpu

from .. import interpreters
from . import children, comparison, data, runs
from .plan import BEST, COMPILED, DRY, ENDS, FEWER, FULL, LAST, MORE, PARTS

RESULTS = os.path.join(children.PROJECT, "benchmarks", "gpu.json")
FOLDER = os.path.join(children.PROJECT, "build", "gpu")
NO_GPU = "TensorFlow sees no GPU"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Bench:
    """The parts, and the file that they fill."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments, self.plan = arguments, DRY if arguments.dry else FULL
        self.seconds = arguments.seconds or self.plan["seconds"]
        self.data_dir = os.path.join(arguments.folder, "dry" if arguments.dry else "data")
        self.peer = interpreters.with_pytorch([arguments.peer_python])
        before = read_json(arguments.results, default={}) if arguments.only else {}
        self.found = dict(before, dry=arguments.dry, errors=before.get("errors", {}))
        self.found["seconds"] = before.get("seconds", {})
        self.blind = None  # why nothing of ours can be measured on the card

    def __call__(self) -> Dict[str, object]:
        """Go through the parts; returns all that was found."""
        self.whole = children.Clock(self.seconds)
        wanted = self.arguments.only or PARTS
        if set(wanted) - {"facts", "equality"}:
            wanted = [*wanted, "data"]
        for part in [part for part in PARTS if part in wanted]:
            self.clock = self.whole if self.arguments.only else self.whole.until(self.seconds * ENDS[part] / LAST)
            say(f"{part} ({self.clock.left():.0f} of {self.whole.left():.0f} s are left)")
            began = time.monotonic()
            self.found["errors"].pop(part, None)
            try:
                getattr(self, part)()
            except (KeyboardInterrupt, Exception) as error:  # whatever it is, the other parts can be measured
                self._failed(part, error)
                if isinstance(error, KeyboardInterrupt):
                    raise
            finally:
                self.found["seconds"][part] = round(time.monotonic() - began, 1)
                self._write()
        return self.found

    def _failed(self, what, error):
        said = "stopped" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        self.found["errors"][what] = said
        say(f"  {what} failed: {said}")

    def _write(self):
        write_json(self.arguments.results, self.found)

    def _settings(self, size: Optional[str] = None, words: int = FEWER, **more) -> dict:
        """Hyperparameters of a step of ``size``, by default the first of the plan's."""
        return dict(
            model_size=size or self.plan["sizes"][0], vocab_size=words, train_batch_size=self.plan["batch"],
            max_seq_length=self.plan["length"], **more,
        )  # fmt: skip

    # -- the parts ----------------------------------------------------------------------------------------------

    def facts(self):
        """The machine, what is installed, and whether TensorFlow can use the card."""
        cards, reason = gpu.usable()
        self.found["facts"] = found = dict(
            card=gpu.describe(cards) if cards else None, no_card=reason or None,
            driver=cards[0].driver if cards else None, python=platform.python_version(),
            processors=os.cpu_count(), peer=self.peer and self.peer[0],
        )  # fmt: skip
        self._write()
        found.update(children.measured(children.module("benchmarks.gpu.card"), self._allowed()))
        for what, outcome in found["tried"].items():
            say(f"  {what}: {outcome}{'' if isinstance(outcome, str) else ' s'}")
        if not found["seen"] and not self.arguments.dry:
            why = "; ".join([reason] if reason else [f"not found: {', '.join(found['not_found'])}", *found["said"]])
            self.blind = f"{NO_GPU} ({why}): --dry goes through all of it on a CPU"
            raise children.Failed(self.blind)
        if "ended" in found:
            raise children.Failed(found["ended"])

    def data(self):
        """What there is to train on."""
        words, length = self.arguments.vocabulary, self.plan["length"]
        lines, size = self.plan["lines"], self.plan["words"]
        data.make(self.data_dir, self.arguments.corpus, lines, words, size, length, self.clock.left())

    def equality(self):
        """One batch on the CPU and on the GPU: without TF32, as it is, in 16 bits.

        The tiny model has all kinds of layers.
        """
        self._seeing()
        with tempfile.TemporaryDirectory() as folder:
            found = self.found["equality"] = {}  # also what there is of it when a part of it fails
            for name, arguments, more in (
                ("float32", [], dict(NVIDIA_TF32_OVERRIDE="0")),
                ("TF32 where the card has it", [], {}),
                ("16 bits", ["--sixteen-bits"], {}),
            ):
                self._beside_the_cpu(folder, name, arguments, **more)
            if self.arguments.reference:
                arguments = ["--reference", self.arguments.reference, "--card"]
                here = os.path.join(folder, "known.npz")
                on_gpu = self._equality(here, arguments, NVIDIA_TF32_OVERRIDE="0")
                known = comparison.against_expected(dict(np.load(here, allow_pickle=False)), self.arguments.reference)
                found["known losses"] = dict(known, on_gpu=on_gpu)

    def _beside_the_cpu(self, folder, name, arguments, **more):
        """Into ``equality``: losses and gradients of one batch computed with ``arguments``, beside the CPU's."""
        cpu, here = os.path.join(folder, "cpu.npz"), os.path.join(folder, "gpu.npz")
        settings = json.dumps(dict(self._settings("tiny"), train_batch_size=min(32, self.plan["batch"])))
        if not os.path.exists(cpu):
            self._equality(cpu, ["--hparams", settings], on_gpu=False)
        on_gpu = self._equality(here, ["--hparams", settings, "--given", cpu, "--card", *arguments], **more)
        one, other = (dict(np.load(path, allow_pickle=False)) for path in (cpu, here))
        found = self.found.setdefault("equality", {})[name] = dict(comparison.compared(one, other), on_gpu=on_gpu)
        say(f"  {name}: loss {found['loss']:.1e}, gradients {found['gradients']:.1e} apart")

    def _equality(self, path, arguments, on_gpu=True, **more):
        command = children.module("benchmarks.gpu.equality", "--out", path, *arguments)
        return children.measured(command, self._allowed(), children.environment(on_gpu, **more))["gpu"]

    def small(self):
        self._rows(self.plan["sizes"][0], FEWER, self.plan["ours"], self._best()[1])

    def words(self):
        self._rows(self.plan["sizes"][0], MORE, *self._best())

    def compiled(self):
        """The step first; whether it is the same is told by a batch of the tiny model, which takes XLA less."""
        self._seeing()
        self._rows(self.plan["sizes"][0], FEWER, COMPILED, {})
        with tempfile.TemporaryDirectory() as folder:
            self._beside_the_cpu(folder, "compiled by XLA", ["--xla"], NVIDIA_TF32_OVERRIDE="0")

    def base(self):
        larger = self.plan["sizes"][1:]
        for size in larger:
            for words in (FEWER, MORE):
                self._rows(size, words, *self._best())
        for size in larger:
            models = ((each, words) for each in (self.plan["sizes"][0], size) for words in (FEWER, MORE))
            for each, words in models:
                self._rows(each, words, self.plan["ours"], self.plan["peers"], again=False)

    def _best(self):
        """Ours as it is, PyTorch's best; with --dry whatever there is of PyTorch's."""
        ours, peers = self.plan["ours"], self.plan["peers"]
        best = {name: modes for name, modes in peers.items() if name in BEST or self.arguments.dry}
        return {name: changes for name, changes in ours.items() if name in BEST}, best

    def _rows(self, size, words, ours, peers, again=True):
        """Ours and PyTorch's in turn, a row each, as long as there is time; ``again`` measures what was measured."""
        for number in range(max(len(ours), len(peers))):
            for names, measure in ((ours, self._ours), (peers, self._peer)):
                if number >= len(names):
                    continue
                name = list(names)[number]
                whose = "TensorFlow" if measure == self._ours else "PyTorch"
                row = f"{size}, {words:,} words, {whose}, {name}"
                rows = self.found.setdefault("rows", [])
                if not again and any(one["name"] == row for one in rows):
                    continue
                if measure == self._ours and self._as_shipped(size, words, names[name]):
                    continue
                if whose == "PyTorch" and self.peer is None:
                    self.found["errors"]["PyTorch"] = "no interpreter with PyTorch 2 and transformers 5 is at hand"
                    continue
                if whose == "PyTorch":
                    self.found["errors"].pop("PyTorch", None)
                try:
                    values = measure(self._settings(size, words), names[name])
                    measured = f"{1000 * values['step']:.2f} ms, {values['memory_gb']:.2f} GB"
                except Exception as error:  # as of a part: the other rows can be measured
                    self._failed(row, error)
                    continue
                self.found["errors"].pop(row, None)
                if "ended" in values:  # after its steps were timed
                    self._failed(f"{row}, trace", children.Failed(values["ended"]))
                self.found["rows"] = [one for one in rows if one["name"] != row] + [dict(name=row, **values)]
                say(f"  {row}: {measured}")
                self._write()

    def _as_shipped(self, size, words, changes):
        """Whether ``changes`` are what was decided for the row "as shipped" anyway."""
        name = f"{size}, {words:,} words, TensorFlow, as shipped"
        settings = next((row["settings"] for row in self.found.get("rows", []) if row["name"] == name), {})
        return bool(changes) and all(settings.get(key) == value for key, value in changes.items())

    def _ours(self, settings, changes):
        self._seeing()
        command = children.module(
            "benchmarks.gpu.step", "--data-dir", self.data_dir, "--hparams", json.dumps(dict(settings, **changes)),
            *self._steps(), "--trace",
        )  # fmt: skip
        row = children.measured(command, self._allowed(), children.environment())
        if "card_gb" not in row and not self.arguments.dry:
            raise children.Failed(f"{NO_GPU}: the step ran on the CPU, in {row['step']:.2f} s")
        return row

    def _peer(self, settings, modes):
        command = [
            self.peer[1], "-m", "benchmarks.torch_peer", "--data-dir", self.data_dir, "--hparams", json.dumps(settings),
            *self._steps(), "--modes", *modes,
        ]  # fmt: skip
        row = children.measured(command, self._allowed(), children.environment(foreign=False))
        if row["device"] == "CPU" and not self.arguments.dry:
            raise children.Failed(f"PyTorch sees no GPU: the step ran on the CPU, in {row['step']:.2f} s")
        return row

    def _steps(self):
        return ["--steps", str(self.plan["steps"]), "--warm-up", str(self.plan["warm_up"])]

    def _allowed(self):
        return min(self.plan["row_seconds"], self.clock.left())

    def _seeing(self):
        if self.blind:
            raise children.Failed(NO_GPU)

    def training(self):
        """The length of the training is what is left, if that is less; the rest of the time is for the starts."""
        self._seeing()
        row = self._row("as shipped")
        left = self.clock.left() - runs.STARTS_SECONDS - 2 * row["first"]
        seconds = min(self.plan["training_seconds"], max(1.0, left / (1 + runs.BEFORE_SIGTERM)))
        settings = self._settings(
            learning_rate=5e-4, valid_tfrecords=os.path.join(self.data_dir, "valid_tfrecords"), num_eval_steps=20,
            eval_batch_size=self.plan["batch"],
        )  # fmt: skip
        self.found["training"] = found = {}
        start = self.plan["row_seconds"]
        runs.over_devices(self.data_dir, settings, self.clock, seconds, row["step"], found, start)
        say(f"  held out: {found['held_out']}")

    def memory(self):
        """Most of the card is taken by another process, so that a batch of the usual size does not fit."""
        self._seeing()
        row = self._row("as shipped")
        settings = dict(self._settings(words=self.plan["words"]), train_batch_size=self.plan["crowd"])
        self.found["memory"] = found = {}
        runs.crowded(self.data_dir, settings, self.clock, row, found)
        say(f"  {found['said']}; fits in {found['fits_in_parts']} parts")

    def _row(self, name):
        """Our row of that name, of the first size."""
        rows = {row["name"]: row for row in self.found.get("rows", [])}
        found = rows.get(f"{self.plan['sizes'][0]}, {FEWER:,} words, TensorFlow, {name}")
        if found is None:
            raise children.Failed(f"there is no row {name} to go by")
        return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--corpus", type=values.given, default="sample", help="text to train on (default: the built-in corpus)"
    )
    made.add_argument(
        "--vocabulary",
        type=values.given,
        help="as helpers.data.vocabulary's --source (default: the text's frequent words)",
    )
    made.add_argument(
        "--reference", type=values.given, help="folder with a checkpoint, batch.npz and expected.json to agree with"
    )
    made.add_argument("--peer-python", type=values.given, help="interpreter with PyTorch (default: the first at hand)")
    made.add_argument("--seconds", type=float, help="for everything (default: 480; 3600 with --dry)")
    made.add_argument("--only", choices=PARTS, nargs="+", help="these parts alone; the file keeps the others")
    made.add_argument("--dry", action="store_true", help="on the CPU, at small size")
    made.add_argument("--folder", type=values.given, default=FOLDER, help="where it works")
    made.add_argument("--results", type=values.given, default=RESULTS, help="file to write")
    return made


def main() -> int:
    arguments = parser().parse_args()
    if arguments.dry:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    events.on_stop()  # SIGTERM too ends what runs on the card, and leaves a file that says so
    try:
        found = Bench(arguments)()
    except TutorialError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say(f"stopped; what there was until then is in {arguments.results}")
        return 130
    print("\n".join(comparison.table(found)))
    for what, error in found["errors"].items():
        print(f"failed: {what}: {error}")
    return 1 if found["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
