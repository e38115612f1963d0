"""Every row of docs/reliability.md's table of faults: the sentence, whole files, and the same result afterwards."""

import contextlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time

import fake_machine
import faults
import pytest
import steps
import test_environment
from http_server import Fault, Server
from listener import Listener
from reliability_table import rows

from helpers import environment
from helpers.base import lock
from helpers.base.errors import TutorialError
from helpers.data import corpus
from helpers.data.corpus import download
from helpers.environment import child
from helpers.pretraining import run_state
from helpers.pretraining.training import checkpoints

TABLE = rows("Faults")
SEED = 8
# Steps that load TensorFlow take ten seconds each time.
SLOW = {"kill-training", "kill-conversion", "disk-full-training", "disk-full-conversion"}
SLOW |= {"clock-set-back", "sigterm", "memory-tensor", "nan-loss", "two-runs"}
# Of the quick steps, one of each kind is tried in every run of the tests.
SLOW |= {"kill-corpus", "kill-download", "kill-examples", "kill-environment"}
SLOW |= {"disk-full-corpus", "disk-full-download", "disk-full-environment"}
KILLS = {"training": 6, "conversion": 3}  # 10 for the quick steps
CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return steps.Stages(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def packed():
    return steps.subtitles()


class World:
    """What a fault's test has at hand."""

    def __init__(self, folder, stages, packed, monkeypatch):
        self.folder, self.data_dir = folder, folder / "data"
        self.stages, self.packed, self.monkeypatch = stages, packed, monkeypatch

    def prepared(self, name):
        """DATA_DIR as the step finds it, and settings for steps.run."""
        self.data_dir.mkdir()
        self.stages.before(name, self.data_dir)

    def expect_as_undisturbed(self, name, **settings):
        """Run the step, now without a fault: it has to end well and as if nothing had been."""
        code, said = steps.run(name, self.data_dir, **settings)
        assert code == 0, said
        assert steps.outcome(self.data_dir) == self.stages.after(name, **settings)
        assert steps.leftovers(self.data_dir) == []

    def expect_whole_files(self, name, **settings):
        """What lies under a final name is what an undisturbed run has there."""
        wanted = self.stages.after(name, **settings)
        found = steps.outcome(self.data_dir)
        growing = ("metrics.jsonl", ".index", "hparams.json")  # these follow the step that a training has come to
        assert all(found[path] == wanted[path] for path in found if path in wanted and not path.endswith(growing))
        assert all(".tmp-" in path or path in wanted or path.endswith(".index") for path in found), set(found) - set(
            wanted
        )


@pytest.fixture
def world(tmp_path, stages, packed, monkeypatch):
    return World(tmp_path, stages, packed, monkeypatch)


@contextlib.contextmanager
def served(world, name):
    """Settings for steps.run; the step "download" has a server to fetch from."""
    if name != "download":
        yield {}
        return
    with Server({steps.PATH: world.packed}) as server:
        yield {"environment": {"ELECTRA_OPUS_URL": server.url()}}


def test_the_table_and_the_tests_have_the_same_rows():
    assert set(TABLE) == set(CASES) and len(TABLE) >= 20


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in sorted(TABLE)])
def test_fault(name, world):
    said = CASES[name](world)
    row = TABLE[name]
    assert "Traceback" not in (said or "")
    if row.accepted:
        assert not row.pattern.pattern or row.pattern.search(said), said
    else:
        sentence = said.strip().split("\n")[-1]
        assert row.pattern.match(sentence[len("error: ") :] if sentence.startswith("error: ") else sentence), said


# -- killed at any moment -------------------------------------------------------------------------------------


def _kill(step):
    def action(world):
        draw = random.Random(SEED)
        world.prepared(step)
        with served(world, step) as settings:
            world.stages.after(step, **settings)
            seconds = world.stages.seconds[step]
            at_work = 0
            for _ in range(KILLS.get(step, 10)):
                at_work += faults.kill_at_random(step, world.data_dir, seconds, draw, **settings)
                world.expect_whole_files(step, **settings)
            assert at_work > 0
            world.expect_as_undisturbed(step, **settings)

    return action


def _disk_full(step):
    def action(world):
        """The disk is full at once, after a third, and shortly before the end."""
        with served(world, step) as settings:
            world.stages.after(step, **settings)
            grows = _size(world.stages, step)
            heard = None
            for share in (0.0, 0.35, 0.8):
                disk = faults.SmallDisk(world.data_dir)
                try:
                    if step == "training" and not disk.mounted:
                        pytest.skip("needs the right to mount a file system")
                    world.stages.before(step, world.data_dir)
                    disk.fill(int(share * grows))
                    code, said = steps.run(step, world.data_dir, **dict(settings, **disk.settings))
                    disk.make_room()
                    if code:
                        assert code == 1 and "Traceback" not in said, said
                        heard = disk.heard(said)
                    world.expect_whole_files(step, **settings)
                    world.expect_as_undisturbed(step, **settings)
                finally:
                    disk.close()
                    shutil.rmtree(str(world.data_dir), ignore_errors=True)
            assert heard is not None, "the disk was never full"
            return heard

    return action


def _size(stages, step):
    """Bytes that a step adds, temporary ones apart."""

    def total(folder):
        return sum(os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(folder) for name in names)

    earlier = steps.ROAD[: steps.ROAD.index(step)] if step in steps.ROAD else ()
    return total(stages._kept(step)) - (total(stages._kept(earlier[-1])) if earlier else 0)


for _step in steps.COMMANDS:
    CASES["kill-" + _step] = _kill(_step)
    CASES["disk-full-" + _step] = _disk_full(_step)


SET_UP = """
import os, sys
from helpers.base import events; from helpers.environment import interpreters; from helpers.environment import venvs
venvs.PROJECT, interpreters.find = sys.argv[1], lambda version, problems=None: sys.executable
events.run(lambda reporter: venvs.make(venvs.TENSORFLOW_1))
"""


@case
def disk_full_environment(world):
    """venv and pip, the real ones, on a disk that is full at once, a little later, and when pip begins."""
    heard = []
    for left in (0, 100000, 25000000):
        disk = faults.SmallDisk(world.data_dir)
        try:
            if not disk.mounted:
                pytest.skip("needs the right to mount a file system")
            for name in ("requirements.txt", "requirements.lock"):
                shutil.copy(os.path.join(steps.ROOT, name), str(world.data_dir))
            disk.fill(left)
            process = steps.start(["-c", SET_UP, str(world.data_dir)], said=subprocess.PIPE)
            heard.append(process.communicate()[1].decode())
            assert process.returncode == 1 and "Traceback" not in heard[-1], heard[-1]
            marker = world.data_dir / ".venv" / "electra.json"
            assert not marker.exists() or "ready" not in marker.read_text()
        finally:
            disk.close()
    sentences = {said.strip().split("\n")[-1] for said in heard}
    assert len(sentences) == 1, sentences
    return heard[-1]


@case
def kill_environment(world):
    """With interpreters that only pretend: the real set-up takes minutes."""
    draw = random.Random(SEED)
    world.monkeypatch.delenv("ELECTRA_TF_PYTHON")  # or there is nothing to set up
    machine = fake_machine.Machine(world.folder / "machine")
    machine.python("python3.7", "3.7.99")
    marker = os.path.join(machine.project, ".venv", "electra.json")
    cut = 0
    for _ in range(10):
        process = test_environment.command_line(machine, "--print-python", FAKE_PIP="hangs")
        time.sleep(draw.uniform(0.1, 2.0))
        cut += process.poll() is None
        steps.kill(process)
        assert not os.path.exists(marker) or json.loads(open(marker).read())["state"] == "making"
    assert cut
    process = test_environment.command_line(machine, "--print-python")
    said = process.communicate()[1].decode()
    assert process.returncode == 0, said
    assert json.loads(open(marker).read())["state"] == "ready"
    return said


# -- the network ----------------------------------------------------------------------------------------------


def _network(*troubles, change=None, ends=True, **server):
    """Fetch with these faults, one for each request; with ``ends`` all must end well, or else after they are gone."""

    def action(world):
        world.monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
        world.monkeypatch.setattr(download, "STALL_SECONDS", 0.4)

        def fetch(folder, url):
            listener = Listener()
            corpus.prepare("opensubtitles", folder, train_size=10000, opus_url=url, reporter=listener)
            return "\n".join(listener.said)

        with Server({steps.PATH: world.packed}, **server) as calm:
            changed = change and change()
            if changed:
                calm.files[steps.PATH] = changed
            fetch(world.folder / "calm", calm.url())
        with Server({steps.PATH: world.packed}, **server) as rough:
            rough.faults.extend(troubles)
            if changed:
                rough.on_request = lambda state: len(state.requests) == 2 and state.files.update({steps.PATH: changed})
            try:
                said, failed = fetch(world.data_dir, rough.url()), False
            except TutorialError as error:
                said, failed = str(error), True
            assert failed != ends, said
            if failed:
                assert steps.outcome(world.data_dir) == {} and not any(
                    ".tmp-" in p for p in steps.leftovers(world.data_dir)
                )
                rough.faults.clear()
                fetch(world.data_dir, rough.url())
        assert steps.outcome(world.data_dir) == steps.outcome(world.folder / "calm")
        return said

    return action


WELL = Fault("none")
CASES.update({
    "network-stall": _network(WELL, Fault("stall", 3000, 1.0)),
    "network-reset": _network(WELL, Fault("reset", 3000)),
    "network-cut": _network(WELL, Fault("cut", 3000)),
    "network-429": _network(Fault("status", status=429, headers={"Retry-After": "0"})),
    "network-500": _network(Fault("status", status=500)),
    "network-500-for-good": _network(*[Fault("status", status=500)] * 50, ends=False),
    "network-404": _network(Fault("status", status=404), ends=False),
    "network-403": _network(Fault("status", status=403), ends=False),
    "network-web-page": _network(Fault("html"), ends=False),
    "network-file-changes": _network(change=lambda: steps.subtitles(19000)),
    "network-redirect-to-http": _network(
        Fault("status", status=302, headers={"Location": "http://example.org/es.txt.gz"}), ends=False),
})  # fmt: skip


@case
def network_nobody_listens(world):
    world.monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % free.getsockname()[1]
    with pytest.raises(TutorialError) as caught:
        corpus.prepare("opensubtitles", world.data_dir, train_size=100, opus_url=url, reporter=Listener())
    return str(caught.value)


# -- memory ---------------------------------------------------------------------------------------------------


def _child_that_is_killed(world, counted):
    """A child that gets SIGKILL, where Linux counts (or not) a process killed for lack of memory meanwhile."""
    counts = iter([3, 3 + counted])
    world.monkeypatch.setattr(child, "kills_for_memory", lambda: next(counts))
    world.monkeypatch.setattr(environment, "_chosen", environment.Environment(sys.executable, "1.15.0", "CPU", ""))
    (world.folder / "greedy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    world.monkeypatch.setenv("PYTHONPATH", str(world.folder))
    with pytest.raises(TutorialError) as caught:
        child.run("greedy")
    return str(caught.value)


@case
def memory_child(world):
    return _child_that_is_killed(world, counted=1)


@case
def memory_child_uncounted(world):
    return _child_that_is_killed(world, counted=0)


@case
def memory_worker(world):
    """A worker process of the data builder is killed, as Linux does with the largest."""
    world.prepared("examples")
    killed = faults.workers_killed(world.folder, seconds=random.choice([0, 0.003]))
    code, said = steps.run("examples", world.data_dir, environment=killed)
    assert code == 1 and not (world.data_dir / "pretrain_tfrecords").exists()
    world.expect_as_undisturbed("examples")
    return said


@case
def memory_tensor(world):
    """A batch for which there is not enough memory: the tensors do not fit under a limit that holds all the rest."""
    world.prepared("training")
    batch = re.sub(
        '"train_batch_size": 16', '"train_batch_size": 400000', steps.COMMANDS["training"](world.data_dir)[0][-1]
    )
    command = steps.COMMANDS["training"](world.data_dir)[0][:-1] + [batch]

    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    process = steps.start(command, said=subprocess.PIPE, preexec_fn=limit)
    said = process.communicate()[1].decode()
    assert process.returncode == 1, said
    return said


# -- the clock, two runs, the loss, signals --------------------------------------------------------------------


@case
def clock_set_back(world):
    """In every step, soon and later."""
    world.prepared("corpus")
    for step in steps.ROAD:
        for calls in (3, 40):
            code, said = steps.run(step, world.data_dir, environment=faults.clock_set_back(world.folder, calls))
            assert code == 0, said
        assert steps.outcome(world.data_dir) == world.stages.after(step)


@case
def two_runs(world):
    """The second run of a training is refused; the first one's result is not touched."""
    world.prepared("training")
    command = steps.COMMANDS["training"](world.data_dir)[0]
    first = steps.start(command)
    while not (world.data_dir / "models" / ".m.lock").exists():
        assert first.poll() is None
        time.sleep(0.01)
    code, said = steps.run("training", world.data_dir)
    assert code == 1 and "process %d" % first.pid in said
    assert steps.run("vocabulary", world.data_dir)[0] == 1  # nor are the data remade under it
    assert first.wait() == 0
    assert steps.outcome(world.data_dir) == world.stages.after("training")
    return said


@case
def stale_lock(world):
    """A run that was killed leaves a lock file, and the next one takes it over."""
    world.prepared("corpus")
    holder = (
        "import os, sys; from helpers.base import lock; held = lock.data(sys.argv[1], 'the corpus'); held.__enter__(); "
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", holder, str(world.data_dir)], cwd=steps.ROOT)
    assert (world.data_dir / ".lock").exists()
    listener = Listener()
    with lock.data(str(world.data_dir), "the corpus", listener.message):
        pass
    world.expect_as_undisturbed("corpus")
    return "\n".join(listener.said)


@case
def nan_loss(world):
    """The last checkpoint is of the step that is named, and all its numbers are finite."""
    world.prepared("training")
    command = steps.COMMANDS["training"](world.data_dir)[0]
    command[-1] = (
        command[-1]
        .replace('"learning_rate": 0.002', '"learning_rate": 1e6')
        .replace('"save_checkpoints_steps": 5', '"save_checkpoints_steps": 1')
    )
    process = steps.start(command, said=subprocess.PIPE)
    said = process.communicate()[1].decode()
    assert process.returncode == 1, said
    folder = str(world.data_dir / "models" / "m")
    step = run_state.checkpoint_step(folder)
    assert "the last good checkpoint is that of step %d" % step in said
    reader = checkpoints.CheckpointReader(os.path.join(folder, "model.ckpt-%d" % step))
    for name in reader.shapes:
        reader.value(name)  # refuses what is not finite
    return said


@case
def sigterm(world):
    """A scheduler takes the machine away: a training saves first, the other steps leave nothing behind."""
    draw = random.Random(SEED)
    world.prepared("corpus")
    for step in steps.ROAD:
        world.stages.after(step)
        process = steps.start(steps.COMMANDS[step](world.data_dir)[0])
        time.sleep(draw.uniform(0.1, 0.9) * world.stages.seconds[step])
        process.terminate()
        process.wait()
        world.expect_as_undisturbed(step)
