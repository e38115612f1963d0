"""Time and memory of every step, beside google-research/electra's where it is at hand.

    python -m benchmarks --rounds 3 --only data

Writes benchmarks/results.json, benchmarks/results.md and benchmarks/results.png, which are committed files; works in
build/bench/.

GOOGLE_ELECTRA=/path/to/electra names a checkout of google-research/electra, unmodified: it is then
measured in turn with ours, round by round, and the ratios are of one run.  ELECTRA_TF_PYTHON names
an interpreter with TensorFlow 2.x, for a second column of training steps.  Where that interpreter, the
project's .venv-tf2 or the Python that runs this has PyTorch 2 and transformers 5, the same step in plain
PyTorch (benchmarks/torch_peer.py) is measured in turn as well.
"""

import argparse
import os
import sys

from helpers import environment
from helpers.base import values
from helpers.base.errors import TutorialError
from helpers.base.files import write_aside, write_json
from helpers.environment import packages

from . import data_build, interpreters, report, training
from .processes import machine
from .workload import VOCAB_SIZE, Workload

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(PROJECT, "benchmarks", "results")
README = os.path.join(PROJECT, "README.md")


def say(text, *values):
    print(text % values, file=sys.stderr, flush=True)


class Bench:
    """Collects ``rounds`` measurements of everything, ours and the reference's in turn."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.checkout = os.environ.get("GOOGLE_ELECTRA")
        if self.checkout and not os.path.isfile(os.path.join(self.checkout, "run_pretraining.py")):
            raise TutorialError("GOOGLE_ELECTRA=%s holds no run_pretraining.py." % self.checkout)
        self.second_python = os.environ.get("ELECTRA_TF_PYTHON")
        self.workload = Workload(arguments.folder, arguments.corpus, arguments.vocab_file)
        self.measured = {}  # name -> list of rows

    def _add(self, name, row):
        self.measured.setdefault(name, []).append(row)
        say("  %-34s %s", name, ", ".join("%s %.4g" % item for item in sorted(row.items())))

    def data(self):
        """One process against one process, then two of ours, then ours over sizes."""
        size = self.arguments.megabytes
        self.workload.text(size)
        say("data: %d MB of text", size)
        for _ in range(self.arguments.rounds):
            self._add("data, 1 process", data_build.ours(sys.executable, self.workload, size))
            if self.checkout:
                self._add(
                    "data, 1 process, reference",
                    data_build.reference(sys.executable, self.checkout, self.workload, size),
                )
        large = max(self.arguments.sizes)
        for _ in range(self.arguments.rounds):
            for processes in (1, 2):
                name = "data, %d MB, %d process%s" % (large, processes, "es" * (processes > 1))
                self._add(name, data_build.ours(sys.executable, self.workload, large, processes))
            self._add("data, %d MB, 2 builds at once" % large, data_build.at_once(sys.executable, self.workload, large))
        for size in sorted(self.arguments.sizes)[:-1]:
            for _ in range(self.arguments.rounds):
                row = data_build.ours(sys.executable, self.workload, size)
                self._add("data, %d MB, 1 process" % size, row)

    def training(self):
        """Steps at the article's settings."""
        data_dir, steps, peer = self._training_data(), self.arguments.steps, self._peer()
        say("training: small, batch %d, %d tokens, vocabulary of %d", training.BATCH, training.LENGTH, VOCAB_SIZE)
        for _ in range(self.arguments.rounds):
            for name, python in self._interpreters():
                row = training.ours(python, data_dir, steps, vocab_size=VOCAB_SIZE)
                self._add("training, %s" % name, row)
            if peer:
                self._add("training, %s" % peer[0], training.peer(peer[1], data_dir, steps, vocab_size=VOCAB_SIZE))
            if self.checkout:
                row = training.reference(sys.executable, self.checkout, data_dir, steps, vocab_size=VOCAB_SIZE)
                self._add("training, reference", row)
        if self.checkout or peer:  # else the last checkpoint is ours already
            training.ours(sys.executable, data_dir, 1, vocab_size=VOCAB_SIZE)
        for _ in range(self.arguments.rounds):
            self._add("conversion", training.conversion(sys.executable, data_dir, self.workload.vocab_file()))

    def _interpreters(self):
        named = [(tensorflow_version(sys.executable), sys.executable)]
        if self.second_python and os.path.realpath(self.second_python) != os.path.realpath(sys.executable):
            named.append((tensorflow_version(self.second_python), self.second_python))
        return named

    def _peer(self):
        found = interpreters.with_pytorch([self.second_python])
        if found is None:
            say("no interpreter at hand has PyTorch 2 and transformers 5: ours is not set beside them")
        return found

    def _training_data(self):
        """A DATA_DIR with examples of 128 tokens."""
        self.workload.vocab_file()  # the workload's folder has the tokenizer as a DATA_DIR has
        examples = os.path.join(self.workload.folder, "pretrain_tfrecords")
        if not os.path.isdir(examples):
            data_build.ours(sys.executable, self.workload, 10)
            os.rename(os.path.join(self.workload.folder, "examples"), examples)
        return self.workload.folder

    def corpus(self):
        """The generator of the built-in corpus."""
        say("built-in corpus")
        for _ in range(self.arguments.rounds):
            self._add("built-in corpus", data_build.generator())


def tensorflow_version(python):
    """``TensorFlow X.Y`` of an interpreter."""
    facts = packages.probe(python, environment.TENSORFLOW_PACKAGES)
    version = facts and environment.tensorflow_version(facts["versions"])
    if not version:
        raise TutorialError("%s has no TensorFlow; ELECTRA_TF_PYTHON must name an interpreter with one." % python)
    return "TensorFlow %s" % ".".join(version.split(".")[:2])


def renew_readme(results):
    """Put what is compared into README, in the place of what stood there."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    with write_aside(README) as file:
        file.write(report.in_readme(text, results))


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    parser.add_argument("--megabytes", type=int, default=64, help="of text, ours against the reference's (default: 64)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="MB of text, ours alone")
    parser.add_argument("--steps", type=int, default=10, help="training steps that are timed (default: 10)")
    parser.add_argument("--corpus", type=values.given, help="text to take instead of the built-in corpus")
    parser.add_argument(
        "--vocab-file", type=values.given, help="a vocabulary of 119,547 tokens to take instead of a made one"
    )
    parser.add_argument("--only", choices=["data", "training", "corpus"], nargs="+", help="measure these alone")
    parser.add_argument(
        "--folder", type=values.given, default=os.path.join(PROJECT, "build", "bench"), help="where it works"
    )
    parser.add_argument("--results", type=values.given, default=RESULTS, help="files to write, their endings left out")
    arguments = parser.parse_args()
    try:
        bench = Bench(arguments)
        for part in arguments.only or ["corpus", "data", "training"]:
            getattr(bench, part)()
        results = dict(
            machine=machine(),
            workload=bench.workload.description,
            measured=bench.measured,
        )
        results["rows"] = report.rows(results["measured"])
        write_json(arguments.results + ".json", results)
        with write_aside(arguments.results + ".md") as file:
            file.write(report.table(results) + "\n")
        report.draw(results, arguments.results + ".png")
        if os.path.abspath(arguments.results) == RESULTS and not arguments.only:
            renew_readme(results)
    except TutorialError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
