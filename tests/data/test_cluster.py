"""Building data on other machines' processors and file systems: the outcome equals the local one."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import small_corpus

from helpers.base import events, remote
from helpers.base.errors import TutorialError
from helpers.data import records
from helpers.data.dataset import __main__ as command
from helpers.data.dataset import builder, manifest
from helpers.pretraining import run_state

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with corpus/, vocab.txt and the local build in local/."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "a.txt").write_text(small_corpus.text(1, 60000), encoding="utf-8")
    with gzip.open(str(folder / "corpus" / "b.txt.gz"), "wb") as file:
        file.write(small_corpus.text(2, 4000).encode("utf-8"))
    small_corpus.vocabulary(folder)
    build(str(folder), "local")
    return str(folder)


def build(folder, output, reporter=None, **changes):
    settings = dict(corpus=os.path.join(folder, "corpus"), vocab=os.path.join(folder, "vocab.txt"))
    argv = ["--corpus-dir", settings["corpus"], "--vocab-file", settings["vocab"], "--max-seq-length", "32"]
    argv += ["--output-dir", os.path.join(folder, output), "--num-out-files", "3"]
    argv += [word for name, value in changes.items() for word in ("--" + name.replace("_", "-"), value)]
    return builder.build(command.parser().parse_args(argv), reporter or events.Reporter(silent=True))


def contents(folder):
    """Name and bytes of every file but the manifest, and what of that does not depend on the time."""
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    made = json.loads(found.pop("manifest.json").decode("utf-8"))
    made["inputs"] = {name: known["sha256"] for name, known in made["inputs"].items()}
    del made["seconds"]
    return found, made


def through_gfile(path):
    """A local path as gfile's own file system names it: what goes through gfile here, as gs:// would."""
    return "file://" + path


def test_reading_and_writing_through_gfile(corpus):
    made = build(through_gfile(corpus), "through-gfile")
    assert not made["up_to_date"] and build(through_gfile(corpus), "through-gfile")["up_to_date"]
    ours, local = contents(os.path.join(corpus, "through-gfile")), contents(os.path.join(corpus, "local"))
    assert ours == local and len(ours[0]) == 4
    pattern = os.path.join(through_gfile(corpus), "through-gfile", "pretrain_data.tfrecord*")
    examples, same = records.RecordFiles(pattern), records.RecordFiles(os.path.join(corpus, "local"))
    assert examples.count == same.count > 1000
    assert (examples.read(3, 8, 0)["input_ids"] == same.read(3, 8, 0)["input_ids"]).all()
    assert run_state.data_identity(pattern) == run_state.data_identity(os.path.join(corpus, "local", "pretrain_data*"))


def test_a_remote_folder_that_is_not_whole_is_made_anew(corpus):
    folder = os.path.join(corpus, "half")
    build(through_gfile(corpus), "half", num_out_files="7")
    build(through_gfile(corpus), "half")  # none of the seven may stay: a pattern would find it
    assert contents(folder) == contents(os.path.join(corpus, "local"))
    os.remove(os.path.join(folder, "manifest.json"))
    assert not build(through_gfile(corpus), "half")["up_to_date"]


def test_remote_mistakes_are_one_sentence(corpus, tmp_path):
    nowhere = f"file://{tmp_path}/nowhere"
    with pytest.raises(TutorialError, match=f"there is no corpus folder {nowhere}"):
        manifest.corpus_files(nowhere)
    with pytest.raises(TutorialError, match=f"there is no vocabulary {nowhere}"):
        manifest.parameters({}, nowhere, 32, True, False, None, 0)
    with pytest.raises(TutorialError, match="nofs://bucket/corpus cannot be reached: File system scheme 'nofs' not"):
        manifest.corpus_files("nofs://bucket/corpus")
    with pytest.raises(OSError):
        remote.open_file(f"{nowhere}/at/all")
    with pytest.raises(OSError):
        remote.file_size(f"{nowhere}/at/all")


def test_local_paths_do_without_tensorflow(corpus):
    code = "import sys; from helpers.data.dataset import __main__ as command; sys.argv[1:] = %r; command.main()" % [
        "--corpus-dir", os.path.join(corpus, "corpus"), "--vocab-file", os.path.join(corpus, "vocab.txt"),
        "--output-dir", os.path.join(corpus, "no-tensorflow"),
    ]  # fmt: skip
    code = "import sys; sys.modules['tensorflow'] = None; " + code
    assert subprocess.call([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL) == 0


class Cluster:
    """A Dask scheduler and workers as processes of this machine, which keep their files in ``folder``."""

    def __init__(self, workers, folder):
        pytest.importorskip("distributed")
        self.folder = folder
        self.processes = [self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")]
        line = ""
        while "Scheduler at:" not in line:
            line = self.processes[0].stderr.readline()
            assert line, "the scheduler does not start"
        self.address = line.split("Scheduler at:")[1].strip()
        worker = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        self.processes += [self._start("worker", self.address, *worker) for _ in range(workers)]
        for process in self.processes[1:]:
            while "Registered to" not in process.stderr.readline():
                assert process.poll() is None, "a worker does not start"

    def _start(self, what, *arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + what, *arguments], stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, universal_newlines=True, env=dict(os.environ, PYTHONPATH=ROOT), cwd=self.folder,
        )  # fmt: skip

    def end(self):
        for process in self.processes[::-1]:
            process.kill()
            process.communicate()


@pytest.fixture
def cluster(tmp_path):
    running = Cluster(2, str(tmp_path))
    yield running
    running.end()


class KillsAWorker(events.Reporter):
    """Kills one of the cluster's workers when half of the text is done."""

    def __init__(self, cluster):
        super().__init__(silent=True)
        self.cluster, self.killed_at = cluster, None

    def advance(self, amount=1, **values):
        super().advance(amount, **values)
        if self.killed_at is None and self._done > self._total / 2:
            self.killed_at = self._done / self._total
            self.cluster.processes[1].send_signal(signal.SIGKILL)


@pytest.mark.slow
def test_a_dask_cluster_that_loses_a_worker_gives_the_same(corpus, cluster):
    reporter = KillsAWorker(cluster)
    build(corpus, "on-dask", reporter, dask_scheduler=cluster.address)
    assert cluster.processes[1].wait() == -signal.SIGKILL and 0.5 < reporter.killed_at < 0.9
    assert contents(os.path.join(corpus, "on-dask")) == contents(os.path.join(corpus, "local"))


@pytest.mark.slow
def test_a_build_on_a_cluster_that_is_stopped_shows_no_traceback(corpus, cluster, tmp_path):
    (tmp_path / "corpus").mkdir()
    text = small_corpus.text(1, 60000)
    with open(str(tmp_path / "corpus" / "long.txt"), "w", encoding="utf-8") as file:
        file.writelines(text for _ in range(20))  # a build that is far from its end when it is stopped
    command = [sys.executable, "-m", "helpers.data.dataset", "--corpus-dir", str(tmp_path / "corpus")]
    command += ["--output-dir", str(tmp_path / "stopped"), "--vocab-file", os.path.join(corpus, "vocab.txt")]
    command += ["--dask-scheduler"]
    running = subprocess.Popen(command + [cluster.address], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    said = b""
    while b"building examples:" not in said or not said.endswith(b"]"):  # the first state of the bar
        said += running.stderr.read(1)
        assert running.poll() is None, said
    time.sleep(1)  # tqdm has shown the bar before it is ready to be ended
    running.send_signal(signal.SIGINT)
    said += running.communicate()[1]
    assert running.returncode == 130 and b"stopped by the user" in said
    assert b"Traceback" not in said and b"never retrieved" not in said, said.decode()


@pytest.mark.slow
def test_no_dask_cluster_is_one_sentence(corpus, monkeypatch):
    pytest.importorskip("distributed")
    from helpers.data.dataset import executors

    monkeypatch.setattr(executors, "CONNECT_SECONDS", 2)
    with pytest.raises(TutorialError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        build(corpus, "nowhere", dask_scheduler="tcp://127.0.0.1:9")
    assert not os.path.exists(os.path.join(corpus, "nowhere"))
