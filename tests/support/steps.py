"""The tutorial's steps as commands on a DATA_DIR, to be killed, starved and cut off; and what came out of them.

Everything is small: the whole road takes some twenty seconds.
"""

import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from helpers.base import lock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = "/v2016/mono/es.txt.gz"  # where OpenSubtitles keeps Spanish
TRAINING = dict(
    model_size="tiny", embedding_size=32, max_seq_length=24, num_train_steps=30, train_batch_size=16,
    eval_batch_size=16, num_eval_steps=2, eval_steps=10, log_steps=1, save_checkpoints_steps=5, learning_rate=0.002,
    model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64),
)  # fmt: skip
CORPUS = """
import sys
from helpers.data import corpus; from helpers.base import events
source, data_dir = sys.argv[1:]
events.run(lambda reporter: corpus.prepare(source, data_dir, train_size=2000, valid_size=200, reporter=reporter))
"""


def _in(data_dir, *names):
    return os.path.join(str(data_dir), *names)


def _examples(data_dir, part, folder):
    return ["-m", "helpers.data.dataset", "--corpus-dir", _in(data_dir, "corpus"), "--corpus-files", part,
            "--vocab-file", _in(data_dir, "vocab.txt"), "--output-dir", _in(data_dir, folder), "--max-seq-length", "24",
            "--num-processes", "2", "--one-sentence-per-example", "true"]  # fmt: skip


# Name of a step → its command lines, in their order, after the interpreter.
COMMANDS = {
    "corpus": lambda data_dir: [["-c", CORPUS, "sample", str(data_dir)]],
    "download": lambda data_dir: [["-c", CORPUS, "opensubtitles", str(data_dir)]],
    "vocabulary": lambda data_dir: [
        ["-m", "helpers.data.vocabulary", "--source", "train:500",
         "--output-dir", str(data_dir)]],
    "examples": lambda data_dir: [
        _examples(data_dir, "train.txt", "pretrain_tfrecords"), _examples(data_dir, "valid.txt", "valid_tfrecords")],
    "training": lambda data_dir: [
        ["-m", "helpers.pretraining", "--data-dir", str(data_dir), "--model-name", "m",
         "--hparams", json.dumps(TRAINING)]],
    "conversion": lambda data_dir: [
        ["-m", "helpers.conversion", "--model-dir", _in(data_dir, "models", "m"), "--vocab-file",
         _in(data_dir, "vocab.txt"), "--output-dir", _in(data_dir, "models", "m"), "--valid-file",
         _in(data_dir, "corpus", "valid.txt")]],
}  # fmt: skip
ROAD = ("corpus", "vocabulary", "examples", "training", "conversion")


def start(command, **settings):
    """The command as a process group of its own; what it says on stderr is in ``said``, a file, or discarded."""
    environment = dict(os.environ, CUDA_VISIBLE_DEVICES="", **settings.pop("environment", {}))
    said = settings.pop("said", subprocess.DEVNULL)
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
        **settings,
    )


def run(name, data_dir, **settings):
    """Run a step; (exit code, what it said on stderr) of the first command that fails, or of the last."""
    for command in COMMANDS[name](data_dir):
        process = start(command, said=subprocess.PIPE, **settings)
        said = process.communicate()[1].decode("utf-8", "replace")
        if process.returncode:
            break
    return process.returncode, said


def kill(process):
    """SIGKILL for a process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def outcome(data_dir):
    """What a reader may rely on in a DATA_DIR, as digests by path; times and paths are left out."""
    found = {}
    for place, folders, names in os.walk(str(data_dir)):
        folders.sort()
        for name in names:
            path = os.path.relpath(os.path.join(place, name), str(data_dir))
            content = _content(os.path.join(place, name), name)
            if content is not None:
                found[path] = hashlib.sha256(content).hexdigest()
    return found


def _content(path, name):
    if name == "metrics.jsonl":
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return json.dumps(
            [{key: row[key] for key in sorted(row) if key != "examples_per_second"} for row in rows]
        ).encode()
    relied_on = name.startswith("pretrain_data") or name.endswith((".txt", ".safetensors", ".index"))
    if relied_on or name in ("tokenizer_config.json", "config.json", "pytorch_model.bin", "hparams.json"):
        with open(path, "rb") as file:
            content = file.read()
        if name == "hparams.json":  # holds the paths of this DATA_DIR
            content = json.dumps(
                {k: v for k, v in sorted(json.loads(content.decode()).items()) if "/" not in str(v)}
            ).encode()
        return content if name != "pytorch_model.bin" else b"%d" % len(content)
    return None


def leftovers(data_dir):
    """Held locks, half-written files and the like: none may be there once a step has ended well."""
    marks = (".tmp-", ".lock", ".partial", ".tempstate", "_temp_")
    found = []
    for place, folders, names in os.walk(str(data_dir)):
        found += [os.path.join(place, name) for name in folders + names if any(mark in name for mark in marks)]
    return [path for path in found if not (path.endswith(".lock") and _is_free(path))]


def _is_free(path):
    """Whether nobody holds a lock: a process killed after its work may leave the file, and the next one takes it."""
    with open(path) as file:
        return lock.grab(file.fileno())


def subtitles(lines=20000):
    """A gzip of synthetic subtitles, as OPUS has them."""
    from helpers.data.sample_corpus import scenes

    text, count = [], 0
    for scene in scenes(5):
        text += scene
        count += len(scene)
        if count >= lines:
            return gzip.compress("".join(line + "\n" for line in text).encode("utf-8"), 6)


class Stages:
    """The DATA_DIR before and after each step of an undisturbed run, made on demand and kept."""

    def __init__(self, folder):
        self._folder, self._outcomes, self.seconds = str(folder), {}, {}

    def before(self, name, target):
        """Make ``target`` the DATA_DIR as the step finds it."""
        earlier = ROAD[: ROAD.index(name)] if name in ROAD else ()
        if earlier:
            self.after(earlier[-1])
            for entry in os.listdir(self._kept(earlier[-1])):
                source, place = os.path.join(self._kept(earlier[-1]), entry), os.path.join(str(target), entry)
                shutil.copytree(source, place) if os.path.isdir(source) else shutil.copy2(source, place)

    def after(self, name, **settings):
        """What the undisturbed step leaves, see :func:`outcome`."""
        if name not in self._outcomes:
            os.makedirs(self._kept(name))
            self.before(name, self._kept(name))
            began = time.monotonic()
            code, said = run(name, self._kept(name), **settings)
            self.seconds[name] = time.monotonic() - began
            assert code == 0, said
            self._outcomes[name] = outcome(self._kept(name))
        return self._outcomes[name]

    def _kept(self, name):
        return os.path.join(self._folder, name)
