"""The benchmarks measure what they say, ours and a stand-in for the reference's."""

import json
import math
import os
import re
import subprocess
import sys

import pytest

psutil = pytest.importorskip("psutil")

from benchmarks import domain, interpreters, processes, real_text, report, seeds, workload
from benchmarks.gpu import data
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.discriminator import pairs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def test_a_domain_is_apart_from_the_general_text(tmp_path):
    for name, of_domain in (("domain", True), ("general", False)):
        domain.write_scenes(str(tmp_path / name), 60, of_domain, seed=1)
        text = (tmp_path / name).read_text(encoding="utf-8")
        scenes = [scene.split("\n") for scene in text.strip().split("\n\n")]
        assert sum(map(len, scenes)) == 60 and len(scenes) > 3
        assert all(domain.is_of_domain(scene) == of_domain for scene in scenes[:-1])  # the last may be cut


def test_of_a_run_the_steps_are_spread_and_the_last_is_among_them(tmp_path):
    for step in (500, 1000, 12500):
        (tmp_path / f"model.ckpt-{step}.index").write_text("")
    (tmp_path / "model.ckpt-700.data-00000-of-00001").write_text("")  # the rest of a checkpoint that is gone
    assert real_text.kept(str(tmp_path)) == [500, 1000, 12500] and real_text.kept(str(tmp_path / "none")) == []
    assert real_text.chosen([1, 2, 3], 3) == [1, 2, 3]
    assert real_text.chosen(list(range(1, 26)), 5) == [5, 10, 15, 20, 25]


def test_the_figures_of_real_text_are_of_the_sentences_and_rules_of_today(tmp_path):
    measured = files.read_json(os.path.join(ROOT, "benchmarks", "real_text.json"))
    said = [tuple(" ".join(word for word, _ in words) for words in pair) for pair in measured["sentences"]]
    cut = [tuple(re.sub(r"([,.])", r" \1", sentence) for sentence in pair) for pair in real_text.SENTENCES]
    assert said == cut
    assert {row["phenomenon"] for row in measured["rows"]} == set(pairs.RULES)
    assert len({row["step"] for row in measured["rows"]}) >= 4
    real_text.draw(measured, str(tmp_path))
    assert sorted(os.listdir(str(tmp_path))) == ["growth.png", "pairs.png", "quick.png"]


def test_the_domains_rows_are_whole_and_their_table_has_the_means():
    with open(os.path.join(ROOT, "benchmarks", "domain.json"), encoding="utf-8") as file:
        rows = json.load(file)
    steps = {row["step"] for row in rows}
    assert {row["start"] for row in rows} == set(domain.STARTS) and len({row["seed"] for row in rows}) == 3
    assert len(rows) == 2 * 3 * len(steps) and len(steps) == 10
    last = [row["mlm_loss"] for row in rows if row["step"] == max(steps) and row["start"] == domain.STARTS[0]]
    assert "%.3f (%.3f to %.3f)" % (sum(last) / 3, min(last), max(last)) in str(domain.table(rows))


def test_memory_of_the_largest_process_and_time_of_all():
    child = "import time; held = bytearray(200 * 10**6); time.sleep(0.6)"
    code = "import subprocess, sys; subprocess.check_call([sys.executable, '-c', %r])" % child
    measured = processes.measure([sys.executable, "-c", code])
    assert measured.status == 0 and 200 < measured.peak_mb < 300
    assert measured.seconds >= 0.6 and measured.cpu_seconds < measured.seconds + 1
    failed = processes.measure([sys.executable, "-c", "raise SystemExit('no such luck')"])
    assert failed.status == 1 and failed.said == "no such luck"


def test_text_of_a_size_ends_with_a_line(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("uno dos\ntres\n" * 5000)
    made = workload.Workload(str(tmp_path / "work"), corpus=str(tmp_path / "mine"))
    folder, size = made.text(1)
    assert 10**6 - 100 < size <= 10**6
    with open(os.path.join(folder, "text.txt")) as file:
        assert set(file) == {"uno dos\n", "tres\n"}
    (tmp_path / "mine" / "a.txt").write_text("")
    with pytest.raises(TutorialError):
        workload.Workload(str(tmp_path / "other"), corpus=str(tmp_path / "mine")).text(1)


def test_ratios_are_of_one_round_each():
    measured = {
        "data, 1 process": [dict(rate=30.0), dict(rate=20.0), dict(rate=90.0)],
        "data, 1 process, reference": [dict(rate=1.0), dict(rate=0.5), dict(rate=2.0)],
        "training, TensorFlow 1.15": [dict(step_seconds=2.0, first_step_seconds=9.0, peak_mb=100.0)],
        "training, reference": [dict(step_seconds=4.0, first_step_seconds=18.0, peak_mb=400.0)],
    }
    assert report.rows(measured)["data, 1 process"]["rate"] == (30.0, 20.0, 90.0)
    data, *training = report.ratios(measured)
    assert data == ("text to examples", "MB/s", 30.0, 1.0, (40.0, 30.0, 45.0))
    assert [row[4] for row in training] == [(0.5,) * 3, (0.5,) * 3, (0.25,) * 3]
    assert report.ratios({"data, 1 process": [dict(rate=1.0)]}) == []


def test_pytorch_is_compared_by_itself():
    measured = {
        "training, TensorFlow 2.20": [dict(step_seconds=2.0, first_step_seconds=9.0, peak_mb=100.0)],
        "training, PyTorch 2.13": [dict(step_seconds=5.0, first_step_seconds=18.0, peak_mb=200.0)],
    }
    assert report.ratios(measured) == []
    lines = report.table(dict(machine="m", workload="w", rows=report.rows(measured), measured=measured)).split("\n")
    assert "| Against PyTorch 2.13 | Ours | Its | Ratio |" in lines
    assert "| step, TensorFlow 2.20 | 2 s | 5 s | 0.40 (0.40 to 0.40) |" in lines
    assert not any("google-research" in line for line in lines)
    said = report.beside_pytorch(dict(measured=measured))
    assert "with TensorFlow 2.20 40% of its time (2 s against 5 s) and 50% of its memory" in said
    made = report.in_readme("one\n%s\nold\n%s\ntwo\n" % (report.BEGIN, report.END), dict(measured=measured))
    assert said.split()[-1] in made and "old" not in made and made.startswith("one\n") and made.endswith("\ntwo\n")
    with pytest.raises(ValueError, match="lacks the marks"):
        report.in_readme("one", dict(measured=measured))


REFERENCE = """
import argparse, os
parser = argparse.ArgumentParser()
for name in ("corpus-dir", "vocab-file", "output-dir", "max-seq-length", "num-processes", "blanks-separate-docs"):
    parser.add_argument("--" + name, required=True)
parser.add_argument("--no-lower-case", action="store_true")
parser.add_argument("--no-strip-accents", action="store_true")
arguments = parser.parse_args()
assert len(open(arguments.vocab_file, encoding="utf-8").read().split("\\n")) == 119548
os.makedirs(arguments.output_dir)
"""


def test_scaling_is_against_one_process_of_the_same_size():
    measured = {
        "data, 1 process": [dict(rate=9.0)],
        "data, 10 MB, 1 process": [dict(rate=1.0)],
        "data, 100 MB, 1 process": [dict(rate=2.0), dict(rate=4.0), dict(rate=40.0)],
        "data, 100 MB, 2 processes": [dict(rate=3.0), dict(rate=6.0), dict(rate=80.0)],
        "data, 100 MB, 2 builds at once": [dict(rate=4.0), dict(rate=8.0), dict(rate=80.0)],
    }
    processes, builds = report.scaling(measured)
    assert processes == ("data, 100 MB, 2 processes", 6.0, (1.5, 1.5, 2.0))
    assert builds == ("data, 100 MB, 2 builds at once", 8.0, (2.0, 2.0, 2.0))


def test_pytorchs_step_starts_where_chance_is_and_learns(tmp_path):
    """A generator that knows nothing loses log(words), a discriminator log(2); both learn from a few lines."""
    peer = interpreters.with_pytorch()
    if peer is None:
        pytest.skip("no interpreter at hand has PyTorch 2 and transformers 5")
    data.make(str(tmp_path), "sample", 300, None, 500, 16)
    hparams = dict(
        model_size="tiny", vocab_size=500, max_seq_length=16, train_batch_size=8, disc_weight=10.0, learning_rate=0.01
    )

    def last_loss(warm_up, *modes):
        command = [peer[1], "-m", "benchmarks.torch_peer", "--data-dir", str(tmp_path), "--steps", "1"]
        command += ["--warm-up", str(warm_up), "--hparams", json.dumps(hparams), "--modes", *modes]
        told = json.loads(subprocess.check_output(command, cwd=ROOT, universal_newlines=True))
        assert told["step"] > 0 and told["memory_gb"] > 0 and told["modes"] == list(modes)
        return told["loss"]

    chance = math.log(500) + 10 * math.log(2)
    assert last_loss(0) == pytest.approx(chance, rel=0.1)
    assert last_loss(30, "sdpa", "bf16") < 0.85 * chance


def test_the_command_measures_ours_and_the_references(tmp_path):
    checkout = tmp_path / "electra"
    checkout.mkdir()
    (checkout / "build_pretraining_dataset.py").write_text(REFERENCE)
    (checkout / "run_pretraining.py").write_text("")
    arguments = ["--only", "data", "--rounds", "1", "--megabytes", "1", "--sizes", "1", "2"]
    arguments += ["--folder", str(tmp_path / "work"), "--results", str(tmp_path / "results")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"] + arguments, cwd=ROOT, stdout=subprocess.PIPE,
        env=dict(os.environ, GOOGLE_ELECTRA=str(checkout)),
    )  # fmt: skip
    assert done.returncode == 0
    assert "| text to examples |" in done.stdout.decode()
    assert {"results.json", "results.md", "results.png"} <= set(os.listdir(str(tmp_path)))


def test_a_checkout_without_the_scripts_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"], cwd=ROOT, stderr=subprocess.PIPE,
        env=dict(os.environ, GOOGLE_ELECTRA=str(tmp_path)),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().strip() == "error: GOOGLE_ELECTRA=%s holds no run_pretraining.py." % tmp_path


@pytest.mark.parametrize(
    "change, right",
    [
        ({}, True),
        (dict(seen=0.94), False),
        (dict(unseen=0.94), False),
        (dict(called=[]), False),
        (dict(called=["hablando", "Los"]), False),
        (dict(called_in_true=["cantando"]), False),
        (dict(next_highest=0.9), False),
    ],
)
def test_a_verdict_is_right_only_as_a_whole(change, right):
    row = dict(seen=0.97, unseen=0.96, called=["hablando"], called_in_true=[], hablando=0.8, next_highest=0.1)
    assert seeds.holds(dict(row, **change)) is right


def test_rows_of_other_seeds_are_kept_while_they_are_of_the_same_corpus(tmp_path):
    row = dict(seed=2, preset="a", corpus="b", tensorflow="2.20.0", seen=0.99, unseen=0.96, hablando=0.9)
    row.update(next_highest=0.1, highest_of_true=0.2, threshold=0.3, called=["hablando"], called_in_true=[])
    assert seeds.keep(row, str(tmp_path)) == [row]
    first, again = dict(row, seed=1), dict(row, seen=0.98)
    assert seeds.keep(first, str(tmp_path)) == [first, row]
    assert seeds.keep(again, str(tmp_path)) == [first, again]
    assert seeds.table([first, again]).splitlines()[2:] == [
        "| 1 | 0.990 | 0.960 | 0.900 | 0.100 | 0.200 | 0.300 | yes |",
        "| 2 | 0.980 | 0.960 | 0.900 | 0.100 | 0.200 | 0.300 | yes |",
    ]
    other = dict(row, corpus="c")
    assert seeds.keep(other, str(tmp_path)) == [other]


def test_what_a_step_is_given_is_counted_and_timed(tmp_path):
    pytest.importorskip("tensorflow")
    from benchmarks import feeds
    from benchmarks.gpu import data

    data.make(str(tmp_path), "sample", 400, None, 400, 16)
    found = feeds.measured(str(tmp_path), 4, 16, 3)
    assert found["bytes"] == 3 * 4 * 16 * 4 and found["bus"] == pytest.approx(768 / 12e9)
    assert found["read"] > 0 and found["masks"] > 0


def test_the_results_kept_are_of_one_run():
    with open(os.path.join(ROOT, "benchmarks", "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    assert results["rows"] == {
        name: {quantity: list(values) for quantity, values in quantities.items()}
        for name, quantities in report.rows(results["measured"]).items()
    }
    with open(os.path.join(ROOT, "benchmarks", "results.md"), encoding="utf-8") as file:
        assert file.read() == report.table(results) + "\n"
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    assert report.in_readme(text, results) == text


def test_the_benchmarks_run_on_the_projects_own_python(tmp_path):
    """ELECTRA_TF_PYTHON, which elsewhere names the interpreter to run on, names what they compare it with."""
    own, starter = tmp_path / "own", tmp_path / "starter"
    own.write_text('#!/bin/sh\necho "own $* with $ELECTRA_TF_PYTHON"\n')
    starter.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "${ELECTRA_TF_PYTHON:-%s}"\n' % own)
    for script in own, starter:
        script.chmod(0o755)
    environment = dict(os.environ, ELECTRA_TF_PYTHON="/another/python")
    command = ["make", "-s", "bench", "PYTHON3=%s" % starter, "ARGS=--rounds 1"]
    said = subprocess.check_output(command, cwd=ROOT, env=environment, universal_newlines=True)
    assert said.strip() == "own -m benchmarks --rounds 1 with /another/python"
