"""Fifty runs of the whole tutorial, each hit by faults at random moments: all end with the same metrics."""

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

ROUNDS = 50
AT_ONCE = 2
MOST_FAULTS = 2  # a round
SEED = 50
SETTINGS = dict(
    CORPUS="opensubtitles", TRAIN_SIZE=2000, VOCAB="train", VOCAB_SIZE=500, MODEL_SIZE="tiny", MAX_SEQ_LENGTH=24,
    ONE_SENTENCE_PER_EXAMPLE=True, NUM_TRAIN_STEPS=20, TRAIN_BATCH_SIZE=16, LEARNING_RATE=0.002,
    HPARAMS=dict(num_eval_steps=2, eval_batch_size=16, save_checkpoints_steps=4, log_steps=1, eval_steps=10),
)  # fmt: skip
# The notebook's code, cell after cell, in a plain Python: a kernel would add nothing but its start.
NOTEBOOK = """
import json, os, sys
import matplotlib
matplotlib.use("Agg")
sys.path.insert(0, os.getcwd())
from helpers import events
def work(reporter):
    with open("notebooks/electra_spanish.ipynb", encoding="utf-8") as file:
        cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    names = {"__name__": "__main__"}
    for cell in cells:
        exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(json.loads(sys.argv[1]))
events.run(work)
"""
SECRET = "hf_thisMustNeverBeWrittenAnywhere"
FAULTS = ("kill", "disk", "network")


def start(data_dir, url, **settings):
    environment = {"ELECTRA_OPUS_URL": url, "HF_TOKEN": SECRET, "ELECTRA_TF_PYTHON": sys.executable}
    parameters = json.dumps(dict(SETTINGS, DATA_DIR=str(data_dir)))
    return steps.start(["-c", NOTEBOOK, parameters], environment=environment, said=subprocess.PIPE, **settings)


def finish(data_dir, url):
    process = start(data_dir, url)
    said = process.communicate()[1].decode("utf-8", "replace")
    assert process.returncode == 0, said[-3000:]


def metrics(data_dir):
    """The final metrics, and the digests of all that they come from."""
    with open(os.path.join(str(data_dir), "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    return summary["held_out"], summary["verdict"], summary["corpus"]["train_lines"], steps.outcome(data_dir)


def hit(kind, draw, data_dir, server, disk, seconds):
    """One attempt with a fault of this kind; whether it was cut short."""
    if kind == "network":
        troubles = [Fault("cut", 3000), Fault("reset", 9000), Fault("status", status=503), Fault("status", status=429)]
        server.faults.extend(draw.choice(troubles) for _ in range(3))
        kind = "kill"  # what is hit at its beginning is hit later on, too
    process = start(data_dir, server.url())
    try:
        process.communicate(timeout=draw.uniform(0.1, seconds))
        return False
    except subprocess.TimeoutExpired:
        pass
    if kind == "disk":
        disk.fill(draw.choice([0, 10000, 100000]))
        said = process.communicate()[1].decode("utf-8", "replace")
        disk.make_room()
        if process.returncode:
            assert process.returncode == 1 and "Traceback" not in said, said[-3000:]
        return process.returncode != 0
    kill_family(process.pid)
    process.communicate()
    return True


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
    draw = random.Random("%d/%d" % (SEED, number))
    data_dir = folder / ("round-%d" % number)
    disk = faults.SmallDisk(data_dir)
    cut = 0
    try:
        with Server({steps.PATH: packed}) as server:
            for _ in range(draw.randint(1, MOST_FAULTS)):
                kind = draw.choice(FAULTS if disk.mounted else ("kill", "network"))
                cut += hit(kind, draw, data_dir, server, disk, seconds)
            server.faults.clear()
            finish(data_dir, server.url())
        assert metrics(data_dir) == expected, "round %d ended otherwise" % number
        assert steps.leftovers(data_dir) == []
        assert not holds(data_dir, SECRET.encode())
    finally:
        disk.close()
        shutil.rmtree(str(data_dir), ignore_errors=True)
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
def test_fifty_rounds_of_random_faults_end_with_the_same_metrics(tmp_path):
    packed = steps.subtitles(3000)
    with Server({steps.PATH: packed}) as server:
        began = time.monotonic()
        finish(tmp_path / "calm", server.url())
        seconds = time.monotonic() - began
    expected = metrics(tmp_path / "calm")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tasks = [
            pool.submit(one_round, number, tmp_path, packed, AT_ONCE * seconds, expected) for number in range(ROUNDS)
        ]
        cut = [task.result() for task in tasks]
    assert sum(map(bool, cut)) > ROUNDS / 2, "most rounds were never disturbed"
