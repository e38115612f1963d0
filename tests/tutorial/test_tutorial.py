"""The headless run of a notebook (helpers/tutorial/__main__.py), with notebooks of a few cells."""

import contextlib
import io
import json
import os
import re
import struct
import subprocess
import sys

import faults
import pytest

pytest.importorskip("papermill")
nbformat = pytest.importorskip("nbformat")

from helpers.base.errors import TutorialError
from helpers.plots.tables import Table
from helpers.tutorial import __main__ as tutorial
from helpers.tutorial import runner

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUMMARY = {
    "corpus": {"source": "built-in sample", "train_lines": 900, "valid_lines": 100},
    "steps": 1500,
    "seconds": {"training": 80.0, "all": 200.0},
    "held_out": {"disc_auc": 0.9, "word_auc": 0.97, "sentences": 500},
    "verdict": {"Los pájaros están hablando": ["hablando"]},
    "model": {"model_size": "tiny", "train_batch_size": 64, "tensorflow": "1.15.0"},
}


def write_notebook(folder, *cells):
    """A notebook with a parameters cell and these code cells."""
    first = nbformat.v4.new_code_cell('DATA_DIR = "./data"\nSTEPS = 100\nWORD = ""', metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[first] + [nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / "lesson.ipynb"
    nbformat.write(notebook, str(path))
    return str(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One run of a notebook that does all that is asked of it."""
    folder = tmp_path_factory.mktemp("lesson")
    notebook = write_notebook(
        folder,
        "import os, sys, json\nprint(json.dumps([sys.executable, DATA_DIR, STEPS, WORD, os.getcwd()]))",
        "os.makedirs(DATA_DIR, exist_ok=True)\n"
        "json.dump(%r, open(os.path.join(DATA_DIR, 'summary.json'), 'w'))" % (SUMMARY,),
    )
    os.makedirs(str(folder / "out" / "data"))
    (folder / "out" / "data" / "summary.json").write_text('{"steps": -1}')  # of an earlier run
    result = tutorial.run(notebook, None, str(folder / "out"), {"STEPS": 7, "WORD": "given"})
    return folder, result


def test_it_runs_on_this_interpreter_with_the_parameters(made):
    folder, result = made
    with open(result["notebook"], encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    said = json.loads("".join(cells[2]["outputs"][0]["text"]))
    assert said == [sys.executable, str(folder / "out" / "data"), 7, "given", str(folder)]
    assert "injected-parameters" in cells[1]["metadata"]["tags"]


def test_an_html_copy_lies_beside_it(made):
    _, result = made
    assert os.path.dirname(result["html"]) == os.path.dirname(result["notebook"])
    with open(result["html"], encoding="utf-8") as file:
        page = file.read()
    assert "<html" in page and "given" in page


def test_the_summary_is_the_notebooks_own(made):
    assert made[1]["summary"] == SUMMARY


def test_nothing_is_registered_for_jupyter(made):
    from jupyter_client.kernelspec import KernelSpecManager

    assert "JUPYTER_PATH" not in os.environ or "electra-kernel" not in os.environ["JUPYTER_PATH"]
    assert not any("electra-kernel" in folder for folder in KernelSpecManager().find_kernel_specs().values())


def command_line(folder, *arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "helpers.tutorial", "--output-dir", str(folder / "out"), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=900,
        **settings,
    )


CHATTER = "for n in range(1000):\n    print('line %d' % n, flush=True)"


def test_the_command_line_ends_with_where_and_five_lines_and_a_log_gets_few(tmp_path):
    """No terminal: nothing is drawn over, however much a cell says."""
    notebook = write_notebook(
        tmp_path,
        "import os, json\nassert (STEPS, WORD) == (3, 'a b')\nos.makedirs(DATA_DIR, exist_ok=True)",
        CHATTER,
        "json.dump(%r, open(os.path.join(DATA_DIR, 'summary.json'), 'w'))" % (SUMMARY,),
    )
    ran = command_line(tmp_path, "--notebook", notebook, "-p", "STEPS", "3", "-p", "WORD", "a b")
    out, err = ran.stdout.decode(), ran.stderr.decode()
    assert ran.returncode == 0, err
    lines = out.strip().splitlines()
    assert [line.split()[0] for line in lines[-5:]] == ["corpus", "steps", "time", "held-out", "verdict"]
    assert lines[0].endswith("lesson.ipynb") and lines[1].endswith("lesson.html")
    assert lines[2].startswith("pictures  open the HTML copy")
    assert "\r" not in err and err.endswith("\n") and "Traceback" not in err
    assert re.match(r"^[\d.]+ s · cell 1 of \d", err) and len(err.splitlines()) < 100


def test_a_line_in_the_log_comes_when_it_is_due():
    stream, times = io.StringIO(), iter([0.0, 0.5, 3.0, 9.0, 11.0, 200.0])
    log = runner.Log(7, stream, lambda: next(times))
    log.show(0, "")
    log.show(1, "reading\rread 1 of 3\n")
    log.show(1, "")
    log.show(1, "")
    log.show(2, "")
    assert stream.getvalue().splitlines() == [
        "0.5 s · cell 1 of 7",
        "11 s · cell 2 of 7 · read 1 of 3",
        "3 min 20 s · cell 3 of 7",
    ]


@pytest.mark.parametrize(
    "text, shown",
    [
        (str(Table(["word", "lines"], [["niño", 498], ["pájaro", 1668]])), ""),
        (f"Four words:\n{Table(['word', 'lines'], [['niño', 498]])}\n", "Four words:"),
        ("    el   niño\n  0.01   0.86\n\ncalled a replacement: niño\n", "called a replacement: niño"),
        ("fetching:   3%|▎         | 1/30\rfetching:  10%|█         | 3/30", "fetching: 10%|█ | 3/30"),
        ("a\r\x1b[1mCorpus: 400,000 lines, in 5.6 s\x1b[0m\n", "Corpus: 400,000 lines, in 5.6 s"),
    ],
)
def test_what_is_shown_of_a_cell_is_a_sentence_or_progress_and_no_row_of_a_table(text, shown):
    stream = io.StringIO()
    runner.Log(1, stream).show(0, text)
    assert stream.getvalue().rstrip("\n").partition(" · cell 1 of 1")[2] == (f" · {shown}" if shown else "")


def test_in_a_terminal_the_bar_stays(tmp_path):
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))
    command = [sys.executable, "-m", "helpers.tutorial", "--output-dir", str(tmp_path / "out"), "--notebook"]
    command += [write_notebook(tmp_path, CHATTER)]
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))  # rows and columns
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # Linux' way to say that the other end is closed
            while True:
                more = os.read(leader, 65536)
                shown += more
                if not more:
                    break
    os.close(leader)
    assert process.returncode == 0 and b"line " in shown and b"100%" in shown


def test_a_failing_cell_is_one_sentence_and_leaves_what_there_is(tmp_path):
    notebook = write_notebook(tmp_path, "print('so far')", "raise ValueError('the cause')", "print('never')")
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "data" / "summary.json").write_text(json.dumps(SUMMARY))
    ran = command_line(tmp_path, "--notebook", notebook)
    assert not (tmp_path / "out" / "data" / "summary.json").exists(), "an earlier run's must not pass for this one's"
    last = ran.stderr.decode().strip().splitlines()[-1]
    assert ran.returncode == 1 and "Traceback" not in ran.stderr.decode()
    assert last.startswith(
        "error: Cell 4 of lesson.ipynb failed (ValueError: the cause); as far as it came it lies in "
    )
    with open(last.rsplit(" ", 1)[1].rstrip("."), encoding="utf-8") as file:
        partial = file.read()
    assert "so far" in partial and "the cause" in partial
    assert (tmp_path / "out" / "lesson.html").is_file()


def test_a_sentence_of_the_project_is_told_without_the_name_of_its_class(tmp_path):
    raising = "class TutorialError(Exception):\n    pass\nraise TutorialError('the text is empty: name another.')"
    ran = command_line(tmp_path, "--notebook", write_notebook(tmp_path, raising))
    last = ran.stderr.decode().strip().splitlines()[-1]
    assert ran.returncode == 1
    assert last.startswith("error: Cell 3 of lesson.ipynb failed (the text is empty: name another); as far as it came")


@pytest.mark.slow
def test_a_full_disk_is_said(tmp_path):
    """Half a notebook, or none, lies there then, of which no page can be made."""
    disk = faults.SmallDisk(tmp_path / "out")
    try:
        disk.fill(0)
        ran = command_line(tmp_path, "--notebook", write_notebook(tmp_path, "print('so far')"), **disk.settings)
    finally:
        disk.close()
    assert ran.returncode == 1 and "Traceback" not in ran.stderr.decode()
    assert re.match(r"error: .*(No space left on device; make room|File too large;)", last_line(ran)), last_line(ran)


def last_line(ran):
    return ran.stderr.decode().strip().splitlines()[-1]


def test_a_kernel_that_dies_is_said(tmp_path):
    notebook = write_notebook(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(
        TutorialError, match="kernel of lesson.ipynb died, probably .* memory; .* Run it again to go on"
    ):
        tutorial.run(notebook, None, str(tmp_path / "out"))
    assert (tmp_path / "out" / "lesson.ipynb").exists()


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(TutorialError, match="There is no notebook"):
        tutorial.run(str(tmp_path / "no.ipynb"))
    (tmp_path / "preset.json").write_text("[1]")
    with pytest.raises(TutorialError, match="preset.json must hold a JSON object"):
        tutorial.run(preset=str(tmp_path / "preset.json"), output_dir=str(tmp_path / "out"))
    with pytest.raises(TutorialError, match="lesson.ipynb has no parameter STEP: did you mean 'STEPS'?"):
        tutorial.run(write_notebook(tmp_path), None, str(tmp_path / "out"), {"STEP": 3})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["-p", "NUM_TRAIN_STEP", "50"], "has no parameter NUM_TRAIN_STEP: did you mean 'NUM_TRAIN_STEPS'?"),
        (["-p", "NUM_TRAIN_STEPS", "many"], "parameter NUM_TRAIN_STEPS is 'many': give a whole number"),
        (["-p", "num_train_steps", "50"], "has no parameter num_train_steps: did you mean 'NUM_TRAIN_STEPS'?"),
        (["-p", "NUM_TRAIN_STEPS", "-1"], "hyperparameter num_train_steps must be at least 1, not -1"),
        (["-p", "MODEL_SIZE", "tinny"], "hyperparameter model_size must be one of tiny, small, base, large"),
        (["-p", "MODEL_NAME", "a/b"], "model_name 'a/b' must be a plain name without slashes"),
        (["-p", "HPARAMS", '{"learning_rat": 1}'], "learning_rat"),
        (["--preset", "smaple"], "PRESET 'smaple' is not one of: article, gpu, quick, sample"),
        (["-p", "NUM_TRAIN_STEPS", "5", "-p", "HPARAMS", '{"num_train_steps": 6}'], "to 5 and to 6 in HPARAMS"),
    ],
)
def test_a_mistake_is_said_before_anything_starts(tmp_path, arguments, said):
    ran = command_line(tmp_path, *arguments)
    assert ran.returncode == 1 and ran.stderr.decode().startswith("error: ") and said in ran.stderr.decode()
    assert len(ran.stderr.decode().splitlines()) == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text, value",
    [("3", 3), ("0.5", 0.5), ("true", True), ("False", False), ("es", "es"), ('{"a": 1}', {"a": 1}), ("None", None)],
)
def test_values_on_the_command_line(text, value):
    assert tutorial.value_of(text) == value and type(tutorial.value_of(text)) is type(value)


def test_text_on_the_command_line_stays_text():
    pairs = [("TENSORFLOW", "1.15"), ("MODEL_NAME", "1e3"), ("NUM_TRAIN_STEPS", "1e3"), ("STEPS", "1e3")]
    found = {"TENSORFLOW": "1.15", "MODEL_NAME": "1e3", "NUM_TRAIN_STEPS": 1000.0, "STEPS": 1000.0}
    assert tutorial.given(pairs) == found
