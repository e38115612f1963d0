"""Everything that only a real GPU can tell, in one command of at most 8 minutes.

    python -m benchmarks.gpu --seconds 480

Prints what it finds and writes benchmarks/gpu.json, part by part as each is done: what is cut off has brought home
what there was until then, a part that fails is written down with its error and the next goes on, and ``--only`` renews
some parts of the file.  The parts:

facts     card, driver, versions
equality  losses and gradients of one batch beside the CPU's; --reference FOLDER: beside known ones as well
small     seconds and memory of a step at batch 128, 128 tokens, 30,522 words: ours and PyTorch's in turn; what one
          step runs, and what it sends between card and host
words     the same for 119,547 words: ours as it is, PyTorch's best
training  3 minutes of training, begun on the CPU, interrupted, back on the CPU, to its end: held-out metrics
memory    what is said when the card's memory runs out, and whether what it advises helps
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
from typing import Dict, List, Optional

import numpy as np

from helpers.base import values
from helpers.base.errors import TutorialError
from helpers.base.files import read_json, write_json
from helpers.environment import gpu

from .. import interpreters
from . import children, comparison, data, runs

RESULTS = os.path.join(children.PROJECT, "benchmarks", "gpu.json")
FOLDER = os.path.join(children.PROJECT, "build", "gpu")
PARTS = ("facts", "equality", "small", "words", "training", "memory", "base")
FEWER, MORE = 30522, 119547  # words: the paper's vocabulary, the multilingual one

OURS = {
    "as shipped": {},
    "XLA off": dict(xla=False),
    "float32": dict(mixed_precision=False),
    "16 bits": dict(mixed_precision=True),
}
PEERS = {
    "eager": [],
    "sdpa": ["sdpa"],
    "sdpa, tf32": ["sdpa", "tf32"],
    "sdpa, bf16": ["sdpa", "bf16"],
    "sdpa, bf16, compile": ["sdpa", "bf16", "compile"],
}
BEST = {"as shipped": OURS["as shipped"]}, {name: PEERS[name] for name in ("sdpa, bf16", "sdpa, bf16, compile")}

FULL = dict(
    batch=128, crowd=128, length=128, steps=30, warm_up=10, row_seconds=170, training_seconds=180.0, lines=None,
    words=FEWER, sizes=("small", "base"), ours=OURS, peers=PEERS, seconds=480.0,
)  # fmt: skip
DRY = dict(
    batch=8, crowd=1024, length=32, steps=3, warm_up=2, row_seconds=600, training_seconds=6.0, lines=3000, words=2000,
    sizes=("tiny",), ours={"as shipped": {}, "XLA on": dict(xla=True)},
    peers={"eager": [], "sdpa, bf16": ["sdpa", "bf16"]}, seconds=3600.0,
)  # fmt: skip


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Bench:
    """The parts, and the file that they fill."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments, self.plan = arguments, DRY if arguments.dry else FULL
        self.clock = children.Clock(arguments.seconds or self.plan["seconds"])
        self.data_dir = os.path.join(arguments.folder, "dry" if arguments.dry else "data")
        self.peer = interpreters.with_pytorch([arguments.peer_python])
        before = read_json(arguments.results, default={}) if arguments.only else {}
        self.found = dict(before, dry=arguments.dry, errors=before.get("errors", {}))
        self.found["seconds"] = before.get("seconds", {})

    def __call__(self) -> Dict[str, object]:
        """Go through the parts; returns all that was found."""
        say("data")
        length, words = self.plan["length"], self.arguments.vocabulary
        data.make(self.data_dir, self.arguments.corpus, self.plan["lines"], words, self.plan["words"], length)
        for part in self.arguments.only or PARTS:
            say(f"{part} ({self.clock.left():.0f} s are left)")
            began = time.monotonic()
            self.found["errors"].pop(part, None)
            try:
                getattr(self, part)()
            except (children.Failed, TutorialError, OSError, ValueError, KeyError) as error:
                self._failed(part, error)
            self.found["seconds"][part] = round(time.monotonic() - began, 1)
            self._write()
        return self.found

    def _failed(self, what, error):
        self.found["errors"][what] = f"{type(error).__name__}: {error}"
        say(f"  {what} failed: {error}")

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
        """The machine and what is installed."""
        cards, reason = gpu.usable()
        versions = "import tensorflow, numpy, json; print(json.dumps([tensorflow.__version__, numpy.__version__]))"
        tensorflow, numpy_version = children.measured([sys.executable, "-c", versions], self._allowed())
        self.found["facts"] = dict(
            card=gpu.describe(cards) if cards else None, no_card=reason or None,
            driver=cards[0].driver if cards else None, python=platform.python_version(),
            processors=os.cpu_count(), tensorflow=tensorflow, numpy=numpy_version, peer=self.peer and self.peer[0],
        )  # fmt: skip

    def equality(self):
        """One batch on the CPU and on the GPU: without TF32, as it is, in 16 bits.

        The tiny model has all kinds of layers, and takes XLA seconds to compile.
        """
        batch = min(32, self.plan["batch"])
        settings = json.dumps(dict(self._settings("tiny"), train_batch_size=batch))
        with tempfile.TemporaryDirectory() as folder:
            cpu, here = os.path.join(folder, "cpu.npz"), os.path.join(folder, "gpu.npz")
            self._equality(cpu, ["--hparams", settings], on_gpu=False)
            one, found = dict(np.load(cpu, allow_pickle=False)), {}
            given = ["--hparams", settings, "--given", cpu, "--card"]
            for name, arguments, more in (
                ("float32", given, dict(NVIDIA_TF32_OVERRIDE="0")),
                ("TF32 where the card has it", given, {}),
                ("16 bits", given + ["--sixteen-bits"], {}),
            ):
                on_gpu = self._equality(here, arguments, **more)
                found[name] = dict(comparison.compared(one, dict(np.load(here, allow_pickle=False))), on_gpu=on_gpu)
                say(f"  {name}: loss {found[name]['loss']:.1e}, gradients {found[name]['gradients']:.1e} apart")
            if self.arguments.reference:
                arguments = ["--reference", self.arguments.reference, "--card"]
                on_gpu = self._equality(here, arguments, NVIDIA_TF32_OVERRIDE="0")
                known = comparison.against_expected(dict(np.load(here, allow_pickle=False)), self.arguments.reference)
                found["known losses"] = dict(known, on_gpu=on_gpu)
        self.found["equality"] = found

    def _equality(self, path, arguments, on_gpu=True, **more):
        command = children.module("benchmarks.gpu.equality", "--out", path, *arguments)
        return children.measured(command, self._allowed(), children.environment(on_gpu, **more))["gpu"]

    def small(self):
        self._rows(self.plan["sizes"][0], FEWER, self.plan["ours"], self.plan["peers"])

    def words(self):
        self._rows(self.plan["sizes"][0], MORE, *self._best())

    def base(self):
        larger = self.plan["sizes"][1:]
        for size in larger:
            for words in (FEWER, MORE):
                self._rows(size, words, *self._best())
        for size in larger:
            for each, words in ((self.plan["sizes"][0], MORE), (size, FEWER), (size, MORE)):
                self._rows(each, words, self.plan["ours"], self.plan["peers"], again=False)

    def _best(self):
        ours, peers = BEST
        return ours, {name: modes for name, modes in peers.items() if name in self.plan["peers"]}

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
                try:
                    values = measure(self._settings(size, words), names[name])
                except children.Failed as error:
                    self._failed(row, error)
                    continue
                self.found["errors"].pop(row, None)
                self.found["rows"] = [one for one in rows if one["name"] != row] + [dict(name=row, **values)]
                say(f"  {row}: {1000 * values['step']:.2f} ms, {values['memory_gb']:.2f} GB")
                self._write()

    def _as_shipped(self, size, words, changes):
        """Whether ``changes`` are what was decided for the row "as shipped" anyway."""
        name = f"{size}, {words:,} words, TensorFlow, as shipped"
        settings = next((row["settings"] for row in self.found.get("rows", []) if row["name"] == name), {})
        return bool(changes) and all(settings.get(key) == value for key, value in changes.items())

    def _ours(self, settings, changes):
        command = children.module(
            "benchmarks.gpu.step", "--data-dir", self.data_dir, "--hparams", json.dumps(dict(settings, **changes)),
            *self._steps(), "--trace",
        )  # fmt: skip
        return children.measured(command, self._allowed(), children.environment())

    def _peer(self, settings, modes):
        command = [
            self.peer[1], "-m", "benchmarks.torch_peer", "--data-dir", self.data_dir, "--hparams", json.dumps(settings),
            *self._steps(), "--modes", *modes,
        ]  # fmt: skip
        return children.measured(command, self._allowed(), children.environment(foreign=False))

    def _steps(self):
        return ["--steps", str(self.plan["steps"]), "--warm-up", str(self.plan["warm_up"])]

    def _allowed(self):
        return min(self.plan["row_seconds"], self.clock.left())

    def training(self):
        """The length of the training is what is left, if that is less; the rest of the time is for the starts."""
        row = self._row("as shipped", "XLA off")
        seconds = min(self.plan["training_seconds"], max(1.0, self.clock.left() - 60 - 2 * row["first"]))
        settings = self._settings(
            learning_rate=5e-4, valid_tfrecords=os.path.join(self.data_dir, "valid_tfrecords"), num_eval_steps=20,
            eval_batch_size=self.plan["batch"], xla=row["settings"]["xla"],
        )  # fmt: skip
        self.found["training"] = runs.over_devices(self.data_dir, settings, self.clock, seconds, row["step"])
        say(f"  held out: {self.found['training']['held_out']}")

    def memory(self):
        """Most of the card is taken by another process, so that a batch of the usual size does not fit."""
        row = self._row("XLA off", "as shipped")
        settings = dict(self._settings(words=self.plan["words"], xla=False), train_batch_size=self.plan["crowd"])
        self.found["memory"] = runs.crowded(self.data_dir, settings, self.clock, row)
        say(f"  {self.found['memory']['said']}; fits in {self.found['memory']['fits_in_parts']} parts")

    def _row(self, *names):
        """Our row of the first of ``names`` that was measured."""
        rows = {row["name"]: row for row in self.found.get("rows", [])}
        for name in names:
            found = rows.get(f"{self.plan['sizes'][0]}, {FEWER:,} words, TensorFlow, {name}")
            if found is not None:
                return found
        raise children.Failed(f"there is no row {' or '.join(names)} to go by")


def table(found: Dict[str, object]) -> List[str]:
    """The rows as Markdown, each with its share of PyTorch's best step for the same model."""
    rows = found.get("rows", [])
    best = {}
    for row in rows:
        model, whose = row["name"].split(", TensorFlow, ")[0].split(", PyTorch, ")[0], ", PyTorch, " in row["name"]
        if whose:
            best[model] = min(best.get(model, np.inf), row["step"])
    lines = ["| Step | ms | GB | of PyTorch's best |", "|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: row["name"]):
        model = row["name"].split(", TensorFlow, ")[0].split(", PyTorch, ")[0]
        share = f"{row['step'] / best[model]:.2f}" if model in best else ""
        lines.append(f"| {row['name']} | {1000 * row['step']:.2f} | {row['memory_gb']:.2f} | {share} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=values.given, default="sample", help="text to train on (default: the built-in corpus)"
    )
    parser.add_argument(
        "--vocabulary",
        type=values.given,
        help="as helpers.data.vocabulary's --source (default: the text's frequent words)",
    )
    parser.add_argument(
        "--reference", type=values.given, help="folder with a checkpoint, batch.npz and expected.json to agree with"
    )
    parser.add_argument(
        "--peer-python", type=values.given, help="interpreter with PyTorch (default: the first at hand)"
    )
    parser.add_argument("--seconds", type=float, help="for everything (default: 480; 3600 with --dry)")
    parser.add_argument("--only", choices=PARTS, nargs="+", help="these parts alone; the file keeps the others")
    parser.add_argument("--dry", action="store_true", help="on the CPU, at small size")
    parser.add_argument("--folder", type=values.given, default=FOLDER, help="where it works")
    parser.add_argument("--results", type=values.given, default=RESULTS, help="file to write")
    arguments = parser.parse_args()
    if arguments.dry:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        found = Bench(arguments)()
    except TutorialError as error:
        say(f"error: {error}")
        return 1
    print("\n".join(table(found)))
    for what, error in found["errors"].items():
        print(f"failed: {what}: {error}")
    return 1 if found["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
