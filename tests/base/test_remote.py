"""Files on remote file systems: how often they are asked, and for how much, where each question takes its time."""

import collections

import pytest

pytest.importorskip("tensorflow")

import small_corpus
from tensorflow.compat.v1 import gfile

from helpers.base import events, remote
from helpers.data import records
from helpers.data.dataset import __main__ as command
from helpers.data.dataset import builder
from helpers.pretraining import run_state

FILES = 150
QUESTIONS = ("Stat", "Exists", "IsDirectory", "ListDirectory")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of examples in many files, as it is named on a remote file system."""
    folder = tmp_path_factory.mktemp("remote")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "a.txt").write_text(small_corpus.text(1, 12000), encoding="utf-8")
    small_corpus.vocabulary(folder)
    for files, name in ((FILES, "many"), (1, "one")):
        argv = ["--corpus-dir", str(folder / "corpus"), "--vocab-file", str(folder / "vocab.txt")]
        argv += ["--max-seq-length", "16", "--output-dir", str(folder / name), "--num-out-files", str(files)]
        builder.build(command.parser().parse_args(argv), events.Reporter(silent=True))
    return f"file://{folder}"


@pytest.fixture
def asked(monkeypatch):
    """Counts the questions to the file system, by name; the bytes that are asked for stand under "bytes"."""
    found = collections.Counter()

    def counted(name, function):
        def call(path):
            found[name] += 1
            return function(path)

        return call

    class Counted(gfile.GFile):
        def read(self, n=-1):
            content = super().read(n)
            found["bytes"] += max(n, len(content))
            return content

    for name in QUESTIONS:
        monkeypatch.setattr(gfile, name, counted(name, getattr(gfile, name)))
    monkeypatch.setattr(gfile, "GFile", Counted)
    return found


def test_the_start_asks_no_question_for_each_file(made, asked):
    examples = records.RecordFiles(f"{made}/many/pretrain_data.tfrecord*")
    identity = run_state.data_identity(f"{made}/many/pretrain_data.tfrecord*")
    assert len(examples.paths) == FILES and identity["examples"] == examples.count
    questions = sum(asked[name] for name in QUESTIONS)
    assert 0 < questions < 20, asked
    assert examples.read(0, 8, 0)["input_ids"].shape == (8, 16)


def test_files_without_an_index_are_asked_once_each(made, asked, tmp_path):
    for number in range(30):
        (tmp_path / f"a.tfrecord-{number}").write_bytes(b"x" * number)
    identity = run_state.data_identity(f"file://{tmp_path}/a.tfrecord-*")
    assert len(identity) == 30 and sum(asked[name] for name in QUESTIONS) < 30 + 5, asked


def test_no_more_is_read_than_what_is_used(made, asked):
    examples = records.RecordFiles(f"{made}/one/pretrain_data.tfrecord*")
    block = examples._block(1)
    assert block.stop - block.start < remote.BUFFER_BYTES / 4
    asked.clear()
    content = remote.read_range(block.path, block.start, block.stop)
    assert len(content) == asked["bytes"] == block.stop - block.start
    asked.clear()
    examples.read(0, 8, 0)
    size = remote.file_size(block.path)
    assert size <= asked["bytes"] <= 1.01 * size, "the window of a small set is all of it, once"


def test_a_file_that_is_not_there_is_an_oserror(tmp_path):
    for path in (str(tmp_path / "no"), f"file://{tmp_path}/no"):
        with pytest.raises(OSError):
            remote.open_file(path)
        with pytest.raises(OSError):
            remote.read_range(path, 0, 5)
