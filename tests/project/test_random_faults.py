"""Runs of the whole tutorial, each hit by faults at random moments: all end with the same metrics.

FAULT_ROUNDS says how many (default: 10; `make test-slow` asks for 50).  FAULT_SEED draws other faults.
"""

import collections
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import time

import faults
import pytest
import steps
from http_server import Fault, Server

pytest.importorskip("torch")

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("FAULT_SEED", "50"))
AT_ONCE = 2
MOST_FAULTS = 2  # a round
SETTINGS = dict(
    PRESET="article", CORPUS="opensubtitles", TRAIN_SIZE=2000, VOCAB="train:500", MODEL_SIZE="tiny", MAX_SEQ_LENGTH=24,
    ONE_SENTENCE_PER_EXAMPLE=True, NUM_TRAIN_STEPS=12, TRAIN_BATCH_SIZE=16, LEARNING_RATE=0.002,
    HPARAMS=dict(num_eval_steps=2, eval_batch_size=16, save_checkpoints_steps=3, log_steps=1, eval_steps=6,
                 embedding_size=32, model_hparam_overrides=steps.TRAINING["model_hparam_overrides"]),
)  # fmt: skip
# The notebook's code, cell after cell, in a plain Python: a kernel would add nothing but its start.  Each
# cell that begins is noted in a file, so that faults can be put into every step, the short ones too.
NOTEBOOK = """
import json, os, sys, time
import matplotlib
matplotlib.use("Agg")
sys.path.insert(0, os.getcwd())
from helpers.base import events
def work(reporter):
    with open("notebooks/electra_spanish.ipynb", encoding="utf-8") as file:
        cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    names = {"__name__": "__main__"}
    for cell in cells:
        with open(sys.argv[2], "a") as noted:
            noted.write("%s %f\\n" % (cell["id"], time.time()))
        exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(json.loads(sys.argv[1]))
events.run(work)
"""
SECRET = "hf_thisMustNeverBeWrittenAnywhere"
FAULTS = ("kill", "disk", "network")
STEPS = ("corpus", "vocabulary-make", "examples-make", "pretrain", "convert", "evaluation", "summary")


def start(data_dir, url, notes):
    environment = {"ELECTRA_OPUS_URL": url, "HF_TOKEN": SECRET, "ELECTRA_TF_PYTHON": sys.executable}
    parameters = json.dumps(dict(SETTINGS, DATA_DIR=str(data_dir)))
    return steps.start(["-c", NOTEBOOK, parameters, str(notes)], environment=environment, said=subprocess.PIPE)


def finish(data_dir, url, notes):
    process = start(data_dir, url, notes)
    said = process.communicate()[1].decode("utf-8", "replace")
    assert process.returncode == 0, said[-3000:]


def begun(notes):
    """(cell, when it began) of the cells that a run has come to."""
    try:
        with open(str(notes)) as file:
            lines = [line.split() for line in file.read().split("\n")[:-1]]
    except FileNotFoundError:
        return []
    return [(cell, float(when)) for cell, when in lines]


def durations(notes):
    """Seconds that each cell of a whole run took."""
    cells = begun(notes)
    return {cell: after - when for (cell, when), (_, after) in zip(cells, cells[1:] + [("", time.time())])}


def metrics(data_dir):
    """The final metrics, and the digests of all that they come from."""
    with open(os.path.join(str(data_dir), "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    return summary["held_out"], summary["verdict"], summary["corpus"]["train_lines"], steps.outcome(data_dir)


Round = collections.namedtuple("Round", "folder data_dir server disk draw seconds")


def hit(kind, attempt, world):
    """One attempt with a fault of this kind at a random moment of a random step; the cell cut short, or None."""
    step = world.draw.choice(STEPS)
    if kind == "network":
        troubles = [Fault("cut", 3000), Fault("reset", 9000), Fault("status", status=503), Fault("status", status=429)]
        world.server.faults.extend(world.draw.choice(troubles) for _ in range(3))
        # What is hit at its beginning is killed later on, too: half of the time while it still tries.
        step = world.draw.choice(["corpus", step])
    notes = world.folder / ("attempt-%d" % attempt)
    process = start(world.data_dir, world.server.url(), notes)
    delay = world.draw.uniform(0, AT_ONCE * world.seconds[step])
    while process.poll() is None:
        came = dict(begun(notes)).get(step)
        if came and time.time() >= came + delay:
            break
        time.sleep(0.02)
    if process.poll() is not None:
        process.communicate()
        assert process.returncode == 0
        return None
    cell = begun(notes)[-1][0]
    if kind != "disk":
        kill_family(process.pid)
        process.communicate()
        return cell
    world.disk.fill(world.draw.choice([0, 10000, 100000]))
    said = process.communicate()[1].decode("utf-8", "replace")
    world.disk.make_room()
    if process.returncode == 0:
        return None
    assert process.returncode == 1 and "Traceback" not in said, said[-3000:]
    assert said.strip().split("\n")[-1].startswith("error: "), said[-3000:]
    return begun(notes)[-1][0]


def kill_family(pid):
    """SIGKILL for a process, its children, who lead groups of their own, and theirs: the machine vanishes."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], stdout=subprocess.PIPE).stdout.decode().split("\n")
    parents = dict(map(int, line.split()) for line in listed if line.strip())
    family = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            break
        family |= more
    for member in family:
        try:
            os.kill(member, 9)
        except ProcessLookupError:
            pass


def one_round(number, folder, packed, seconds, expected):
    """A DATA_DIR of its own, one or two attempts that are hit, then one that is not; the cells that were cut short."""
    draw = random.Random("%d/%d" % (SEED, number))
    folder = folder / ("round-%d" % number)
    folder.mkdir()
    disk = faults.SmallDisk(folder / "data")
    cut = []
    try:
        with Server({steps.PATH: packed}) as server:
            world = Round(folder, folder / "data", server, disk, draw, seconds)
            for attempt in range(draw.randint(1, MOST_FAULTS)):
                kind = draw.choice(FAULTS if disk.mounted else ("kill", "network"))
                cell = hit(kind, attempt, world)
                cut += [(kind, cell)] if cell else []
            server.faults.clear()
            finish(world.data_dir, server.url(), folder / "last")
        assert metrics(world.data_dir) == expected, "round %d ended otherwise after %s" % (number, cut)
        assert steps.leftovers(world.data_dir) == [], cut
        assert not holds(folder, SECRET.encode())
    except Exception as error:
        print("round %d failed after %s: %s" % (number, cut, error), flush=True)
        raise
    finally:
        disk.close()
        shutil.rmtree(str(folder), ignore_errors=True)
    print("round %d: %s" % (number, ", ".join("%s in %s" % one for one in cut) or "undisturbed"), flush=True)
    return cut


def holds(folder, secret):
    """Whether a file under ``folder`` has ``secret`` in it."""
    for place, _, names in os.walk(str(folder)):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                if secret in file.read():
                    return True
    return False


@pytest.mark.slow
def test_rounds_of_random_faults_end_with_the_same_metrics(tmp_path):
    packed = steps.subtitles(3000)
    with Server({steps.PATH: packed}) as server:
        finish(tmp_path / "calm", server.url(), tmp_path / "cells")
    seconds, expected = durations(tmp_path / "cells"), metrics(tmp_path / "calm")
    assert set(STEPS) <= set(seconds) and len(expected[-1]) > 10
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tasks = [pool.submit(one_round, number, tmp_path, packed, seconds, expected) for number in range(ROUNDS)]
        cut = [task.result() for task in tasks]
    tally = collections.Counter(cell for one in cut for _, cell in one)
    print("%d rounds, %d faults that cut a run short: %s" % (ROUNDS, sum(tally.values()), dict(tally)))
    assert sum(map(bool, cut)) > ROUNDS / 2, "most rounds were never disturbed"
    assert len(tally) > 2, "the faults always came in the same steps: %s" % tally
