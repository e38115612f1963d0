"""helpers/data/corpus and its sources: from every kind of source to the files, and every way to fail."""

import gzip
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from http_server import Fault, Server

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data import corpus
from helpers.data.corpus import account, download, sources

PATH = "/v2016/mono/es.txt.gz"
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Silent(Reporter):
    """Keeps what was said."""

    def __init__(self):
        super().__init__(events=True)
        self.said = []

    def emit(self, event, **fields):
        self.said.append(dict(event=event, **fields))

    def messages(self):
        return " | ".join(event["text"] for event in self.said if event["event"] == "message")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(download, "STALL_SECONDS", 0.5)
    monkeypatch.delenv("ELECTRA_OPUS_URL", raising=False)


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "DATA"


def prepare(source, data_dir, **arguments):
    arguments.setdefault("reporter", Silent())
    return corpus.prepare(source, data_dir, **arguments)


def sentence(number):
    """Words that no two lines share, so that gzip shrinks it as it does real text."""
    return "¿Línea %d, %s?" % (number, hashlib.md5(b"%d" % number).hexdigest()[:24])


def unbroken(lines):
    return "".join(sentence(number) + "\n" for number in range(lines)).encode("utf-8")


def films(count, lines=10, start=0):
    film = "".join(sentence(number) + "\n" for number in range(start, start + count * lines)).split("\n")
    return "\n\n".join("\n".join(film[first : first + lines]) for first in range(0, count * lines, lines)) + "\n"


def read(data_dir, name="train.txt"):
    return (data_dir / "corpus" / name).read_text(encoding="utf-8")


def both(data_dir):
    return sorted((read(data_dir) + read(data_dir, "valid.txt")).replace("\n\n", "\n").splitlines())


def names(data_dir):
    return sorted(os.listdir(str(data_dir / "corpus")))


def test_a_file(tmp_path, data_dir):
    source = tmp_path / "films.txt"
    source.write_text("\n\n" + films(30).replace("\n\n", "\n \n\n") + "\n\n", encoding="utf-8")
    made = prepare(source, data_dir)
    assert names(data_dir) == ["manifest.json", "train.txt", "valid.txt"]
    assert both(data_dir) == sorted(sentence(number) for number in range(300))
    assert json.loads(read(data_dir, "manifest.json"))["outputs"] == made["outputs"]
    for name in ("train.txt", "valid.txt"):
        text, record = read(data_dir, name), made["outputs"][name]
        scenes = text.split("\n\n")
        assert text.endswith("?\n") and "\n\n\n" not in text and not text.startswith("\n")
        assert all(len(scene.split("\n")) == 10 for scene in text[:-1].split("\n\n"))  # films are whole
        assert record["documents"] == len(scenes) and record["lines"] == 10 * len(scenes)
        assert record["words"] == len(text.split()) and record["bytes"] == len(text.encode("utf-8"))
        assert record["sha256"] == hashlib.sha256(text.encode("utf-8")).hexdigest()
        assert corpus.content_hash(made[name[:5]]) == record["sha256"]
    assert made["ended"] and made["outputs"]["valid.txt"]["lines"] == 60


def test_a_folder_and_a_glob(tmp_path, data_dir):
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "b.txt").write_text(films(5, start=100), encoding="utf-8")
    (folder / "a.txt.gz").write_bytes(gzip.compress(films(10).encode("utf-8")))
    (folder / "vocab.txt").write_text("[PAD]\n")
    (folder / "notes.json").write_text("{}")
    (folder / "more.txt").mkdir()
    prepare(folder, data_dir)
    assert both(data_dir) == sorted(sentence(number) for number in range(150))
    prepare(str(folder / "*.gz"), data_dir)
    assert both(data_dir) == sorted(sentence(number) for number in range(100))


def test_files_without_blank_lines_are_documents(tmp_path, data_dir):
    for number in range(20):
        (tmp_path / ("%02d.txt" % number)).write_text("%d uno\n%d dos" % (number, number))
    prepare(tmp_path, data_dir)
    assert all(len({line[:2] for line in film.split("\n")}) == 1 for film in read(data_dir)[:-1].split("\n\n"))


@pytest.mark.parametrize("kind", ["built-in", "a file"])
def test_the_bar_comes_to_its_end(tmp_path, data_dir, kind):
    (tmp_path / "text.txt").write_text("".join(sentence(number) + "\n" for number in range(400)), encoding="utf-8")
    report = Silent()
    source = "sample" if kind == "built-in" else tmp_path / "text.txt"
    prepare(source, data_dir, train_size=300, valid_size=100, reporter=report)
    total = next(event["total"] for event in report.said if event["event"] == "start")
    last = [event for event in report.said if event["event"] == "progress"][-1]
    assert last["done"] == last["total"] == total == 400


def test_its_own_output_is_not_input(data_dir):
    folder = data_dir / "corpus"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text(films(10), encoding="utf-8")
    prepare(folder, data_dir)
    assert prepare(folder, data_dir)["up_to_date"]
    assert both(data_dir) == sorted(sentence(number) for number in range(100))
    with pytest.raises(TutorialError, match="is what this step writes"):
        prepare(folder / "train.txt", data_dir)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("forbidden", ["folder", "file"])
def test_text_that_may_not_be_read(tmp_path, data_dir, forbidden):
    (tmp_path / "texts" / "within").mkdir(parents=True)
    place = tmp_path / "texts" / "within"
    (place / "a.txt").write_text(films(20), encoding="utf-8")
    closed = place if forbidden == "folder" else place / "a.txt"
    closed.chmod(0)
    try:
        with pytest.raises(TutorialError, match="cannot be read .Permission denied.: give yourself the right"):
            prepare(tmp_path / "texts", data_dir)
    finally:
        closed.chmod(0o700)


def test_up_to_date_and_what_is_redone(tmp_path, data_dir):
    source = tmp_path / "films.txt"
    source.write_text(films(200), encoding="utf-8")
    assert not prepare(source, data_dir, train_size=1000)["up_to_date"]
    report = Silent()
    assert prepare(source, data_dir, train_size=1000, reporter=report)["up_to_date"]
    assert report.said[-1]["event"] == "result" and report.said[-1]["up_to_date"]
    first = read(data_dir), read(data_dir, "valid.txt")

    assert prepare(source, data_dir, train_size=1000, release="v2018")["up_to_date"]  # not used here
    assert not prepare(source, data_dir, train_size=1000, seed=1)["up_to_date"]
    assert (read(data_dir), read(data_dir, "valid.txt")) != first
    assert not prepare(source, data_dir, train_size=1000)["up_to_date"]
    assert (read(data_dir), read(data_dir, "valid.txt")) == first
    for change in (dict(train_size=999), dict(train_size=None), dict(train_size=1000, valid_size=100)):
        assert not prepare(source, data_dir, **change)["up_to_date"]

    prepare(source, data_dir)
    os.utime(str(data_dir / "corpus" / "train.txt"), (1, 1))  # a copy: the same content, another time
    assert prepare(source, data_dir)["up_to_date"]
    (data_dir / "corpus" / "valid.txt").write_text("something else")
    assert not prepare(source, data_dir)["up_to_date"]
    (data_dir / "corpus" / "train.txt").unlink()
    assert not prepare(source, data_dir)["up_to_date"]
    (data_dir / "corpus" / "manifest.json").write_text("[half a manif")
    assert not prepare(source, data_dir)["up_to_date"]
    source.write_text(films(201), encoding="utf-8")
    assert not prepare(source, data_dir)["up_to_date"]


def test_a_failure_leaves_the_old_corpus_whole(tmp_path, data_dir):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt.gz"
    good.write_text(films(20), encoding="utf-8")
    bad.write_bytes(gzip.compress(films(2000).encode("utf-8"))[:-100])
    prepare(good, data_dir)
    before = read(data_dir)
    with pytest.raises(TutorialError, match="bad.txt.gz is cut short"):
        prepare(bad, data_dir)
    assert read(data_dir) == before and names(data_dir) == ["manifest.json", "train.txt", "valid.txt"]
    assert prepare(good, data_dir)["up_to_date"]


def test_bad_bytes_are_reported_every_time(tmp_path, data_dir):
    source = tmp_path / "films.txt"
    source.write_bytes(films(20).encode("utf-8").replace(b"\n\n", b"\n\xe1\n\n", 2))
    for _ in range(2):
        report = Silent()
        made = prepare(source, data_dir, reporter=report)
        assert made["cleaning"]["bad_bytes"] == 2
        assert "2 bytes" in report.messages() and "films.txt, line 11" in report.messages()


@pytest.mark.parametrize(
    "name, content, word",
    [
        ("empty.txt", b"", "no text"),
        ("blank.txt", b"\n \n\r\n\t\n", "no text"),
        ("one.txt", b"uno\n", "one line"),
        ("page.html", b"<!-- saved --><?xml version='1.0'?><html><body>", "HTML"),
        ("pointer.txt", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        ("not.txt.gz", b"uno\ndos\n", "not a gzip"),
        ("empty.txt.gz", b"", "no text"),
        ("page.txt", b"<html><body>", "HTML"),
    ],
)
def test_input_that_is_no_text(tmp_path, data_dir, name, content, word):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TutorialError, match=word) as error:
        prepare(tmp_path / name, data_dir)
    assert name in str(error.value) and "\n" not in str(error.value)
    assert names(data_dir) == []


@pytest.mark.parametrize(
    "arguments, word",
    [
        (dict(source="opensubtitle"), "did you mean 'opensubtitles'"),
        (dict(source="no/such/file.txt"), "no/such/file.txt"),
        (dict(source="no/such/*.txt"), "no file matches"),
        (dict(source="opensubtitles:../etc"), "language of OpenSubtitles is '../etc'"),
        (dict(source="opensubtitles", release="2016"), "release"),
        (dict(train_size=0), "TRAIN_SIZE"),
        (dict(train_size="many"), "TRAIN_SIZE"),
        (dict(train_size=1.5), "TRAIN_SIZE"),
        (dict(train_size=True), "TRAIN_SIZE"),
        (dict(valid_size=0), "valid_size"),
        (dict(source="sample", train_size=None), "TRAIN_SIZE"),
    ],
)
def test_parameters_that_cannot_be(data_dir, arguments, word):
    with pytest.raises(TutorialError, match=word):
        prepare(arguments.pop("source", "sample"), data_dir, **arguments)


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "films.txt").write_text(films(3), encoding="utf-8")
    (tmp_path / "file").write_text("")
    with pytest.raises(TutorialError, match="cannot be made: .*file"):
        prepare(tmp_path / "films.txt", tmp_path / "file")


def test_an_empty_folder(tmp_path, data_dir):
    with pytest.raises(TutorialError, match="no file of text"):
        prepare(tmp_path, data_dir)


def test_two_lines_are_a_corpus(tmp_path, data_dir):
    (tmp_path / "two.txt").write_text("uno\ndos")
    prepare(tmp_path / "two.txt", data_dir)
    assert both(data_dir) == ["dos", "uno"]


# -- from a server ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def subtitles():
    """A gzip of 300,000 unbroken lines (9 MB), as OPUS has them."""
    return gzip.compress(unbroken(300000), 1)


def test_the_transfer_is_in_proportion_to_what_is_used(data_dir, subtitles):
    sent = {}
    with Server({PATH: subtitles}) as server:
        for size in (1000, 10000, 100000):
            server.sent = 0
            made = prepare("opensubtitles", data_dir, train_size=size, opus_url=server.url() + "/")
            sent[size] = server.sent
            share = (size + made["outputs"]["valid.txt"]["lines"]) / 300000
            assert server.sent <= 1.05 * share * len(subtitles) + 2 * download.MIN_RANGE
            assert read(data_dir).count("\n") == made["outputs"]["train.txt"]["lines"] == size
            assert "\n\n" not in read(data_dir)  # no documents in, none out
            assert names(data_dir) == ["manifest.json", "train.txt", "valid.txt"]
            # What was on its way when the reader had enough counts as sent, not as received.
            assert 0 < made["input"]["received"] <= server.sent
            assert made["input"]["etag"] == server.etag(PATH)
    assert sent[1000] < 0.01 * len(subtitles) + download.MIN_RANGE


def test_the_mirror_may_come_from_the_environment(data_dir, subtitles, monkeypatch):
    assert sources.opensubtitles_url("es", "v2016") == (
        "https://object.pouta.csc.fi/OPUS-OpenSubtitles/v2016/mono/es.txt.gz"
    )
    with Server({"/opus/v2018/mono/pt_br.txt.gz": subtitles}) as server:
        monkeypatch.setenv("ELECTRA_OPUS_URL", server.url("/opus"))
        arguments = dict(release="v2018", train_size=100)
        made = prepare("opensubtitles:pt_br", data_dir, **arguments)
        assert not made["up_to_date"] and made["input"]["language"] == "pt_br"
        requests = len(server.requests)
        assert prepare("opensubtitles:pt_br", data_dir, **arguments)["up_to_date"]
        assert len(server.requests) == requests  # no network


@pytest.mark.parametrize("ranges", [True, False])
def test_any_address_and_all_troubles(data_dir, ranges):
    content = unbroken(30000)
    expected = [sentence(number) for number in range(30000)]
    with Server({"/own.txt": content, "/own.txt.gz": gzip.compress(content)}, ranges) as server:
        for path in ("/own.txt?version=1", "/own.txt.gz"):
            server.faults.extend([Fault("cut", 30000), Fault("reset", 20000), Fault("stall", 10000, 1.0)])
            report = Silent()
            prepare(server.url(path), data_dir, train_size=None, reporter=report)
            assert both(data_dir) == sorted(expected)
            assert "trying again" in report.messages()


def test_a_file_that_changes_midway_is_read_anew(data_dir):
    old, new = gzip.compress(unbroken(20000)), gzip.compress(films(3000, start=50000).encode("utf-8"))

    def change(server):
        server.files[PATH] = old if len(server.requests) == 1 else new

    with Server({PATH: old}, on_request=change) as server:
        report = Silent()
        prepare("opensubtitles", data_dir, train_size=None, opus_url=server.url(), reporter=report)
        assert both(data_dir) == sorted(sentence(number) for number in range(50000, 80000))
        assert "changed meanwhile" in report.messages()


@pytest.mark.parametrize(
    "fault, word",
    [(Fault("html"), "HTML"), (Fault("status", status=404), "404"), (Fault("status", status=403), "403")],
)
def test_refusals(data_dir, subtitles, fault, word):
    with Server({PATH: subtitles}) as server:
        server.faults.append(fault)
        with pytest.raises(TutorialError, match=word) as error:
            prepare("opensubtitles", data_dir, train_size=100, opus_url=server.url())
        assert server.url(PATH) in str(error.value)
        assert "HTML" not in word or names(data_dir) == []
        prepare("opensubtitles", data_dir, train_size=100, opus_url=server.url())  # all is well again


@pytest.mark.parametrize("content, word", [(unbroken(100), "not a gzip"), (None, "cut short"), (b"", "no text")])
def test_bad_content_from_a_server(data_dir, subtitles, content, word):
    content = subtitles[: len(subtitles) // 50] if content is None else content
    with Server({PATH: content}) as server:
        with pytest.raises(TutorialError, match=word):
            prepare("opensubtitles", data_dir, train_size=100000, opus_url=server.url())


def test_a_partial_file_gone_bad_is_fetched_anew(data_dir, subtitles):
    with Server({PATH: subtitles}) as server:
        (data_dir / "corpus").mkdir(parents=True)
        kept = data_dir / "corpus" / "es.txt.gz.partial"
        kept.write_bytes(subtitles[:1000] + bytes(50000))
        notes = {"url": server.url(PATH), "bytes": len(subtitles), "etag": server.etag(PATH)}
        pathlib.Path(str(kept) + ".json").write_text(json.dumps(notes))
        report = Silent()
        prepare("opensubtitles", data_dir, train_size=10000, opus_url=server.url(), reporter=report)
        assert "damaged" in report.messages() and "anew" in report.messages()
        assert read(data_dir).count("\n") == 10000


def test_a_killed_run_goes_on_where_it_was(data_dir, subtitles):
    command = (
        "from helpers.data import corpus; import sys; corpus.prepare('opensubtitles', *sys.argv[1:], train_size=50000)"
    )
    kept = data_dir / "corpus" / "es.txt.gz.partial"
    with Server({PATH: subtitles}) as server:
        server.faults.extend([Fault("none"), Fault("stall", 500000, 60.0)])
        process = subprocess.Popen(
            [sys.executable, "-c", command, str(data_dir)],
            cwd=str(ROOT),
            env=dict(os.environ, ELECTRA_OPUS_URL=server.url()),
            stderr=subprocess.DEVNULL,
        )
        while not kept.exists() or kept.stat().st_size < 500000 + download.MIN_RANGE:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (data_dir / "corpus" / "train.txt").exists()
        server.sent = 0
        made = prepare("opensubtitles", data_dir, train_size=50000, opus_url=server.url())
        share = 50500 / 300000
        assert server.sent <= 1.05 * share * len(subtitles) + 2 * download.MIN_RANGE - 500000
        assert made["outputs"]["train.txt"]["lines"] == 50000
        undisturbed = prepare("opensubtitles", data_dir / "other", train_size=50000, opus_url=server.url())
        for name in ("train.txt", "valid.txt"):
            assert made["outputs"][name]["sha256"] == undisturbed["outputs"][name]["sha256"]


# -- the sample, and real text ------------------------------------------------------------------------------


def test_the_sample_corpus(data_dir):
    made = prepare("sample", data_dir, train_size=2000)
    assert made["outputs"]["train.txt"]["lines"] == 2000 and made["outputs"]["valid.txt"]["documents"] > 5
    assert 400 <= made["outputs"]["valid.txt"]["lines"] <= 450
    first, lines = read(data_dir), both(data_dir)
    assert prepare("sample", data_dir, train_size=2000)["up_to_date"]
    assert made["parameters"]["generator"] != hashlib.sha256(b"").hexdigest()  # the generator's code is in it
    assert not prepare("sample", data_dir, train_size=2000, seed=1)["up_to_date"]
    assert read(data_dir) != first and len(set(lines) & set(both(data_dir))) < len(lines) / 2, "another text"


def test_real_subtitles(data_dir, shared):
    made = prepare(shared / "subtitles_es" / "train.txt.gz", data_dir)
    train, valid = made["outputs"]["train.txt"], made["outputs"]["valid.txt"]
    assert train["lines"] + valid["lines"] == 316410 and train["documents"] + valid["documents"] >= 280
    assert made["cleaning"]["bad_bytes"] == 0
    assert 0.003 < valid["lines"] / 316697 < 0.03


def test_memory_is_constant(tmp_path, subtitles):
    """A process that makes a corpus of 60 MB is no larger than one that makes 15 MB."""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("needs /proc")
    program = (
        "import sys; from helpers.data import corpus; corpus.prepare(*sys.argv[1:], train_size=None); "
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    peaks = []
    for copies in (1, 4):
        source = tmp_path / "text.gz"
        source.write_bytes(subtitles * copies)
        command = [sys.executable, "-c", program, str(source), str(tmp_path / "DATA")]
        peaks.append(int(subprocess.check_output(command, cwd=str(ROOT), stderr=subprocess.DEVNULL)))
    assert peaks[1] < peaks[0] * 1.15 + 5000 and peaks[1] < 150 << 10  # KB


# -- what a user says about his files ------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["~", "$HOME"])
def test_home(tmp_path, monkeypatch, home):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "films.txt").write_text(films(30), encoding="utf-8")
    made = prepare(f"{home}/films.txt", f"{home}/DATA")
    assert made["train"] == str(tmp_path / "DATA" / "corpus" / "train.txt") and os.path.isfile(made["train"])
    assert prepare(f"{home}/*.txt", f"{home}/DATA")["outputs"] == made["outputs"]


def test_what_is_said_of_the_files_makes_another_corpus(tmp_path, data_dir):
    source = tmp_path / "table.csv"
    rows = "".join(f"Frase número {n}. Y otra.;Phrase numéro {n}. Et une autre.\n" for n in range(30))
    source.write_bytes(("es;fr\n" + rows).encode("cp1252"))
    with pytest.raises(TutorialError, match="several columns"):
        prepare(source, data_dir)
    made = prepare(source, data_dir, column="es", encoding="cp1252")
    assert not made["up_to_date"] and sorted(both(data_dir)) == sorted(f"Frase número {n}. Y otra." for n in range(30))
    assert prepare(source, data_dir, column="es", encoding="CP1252")["up_to_date"]
    for change in (dict(column="fr"), dict(column=1, split_lines=True), dict(column="es", normalize=False)):
        assert not prepare(source, data_dir, **change)["up_to_date"]
    assert len(both(data_dir)) == 30
    prepare(source, data_dir, column=1, split_lines=True)
    assert len(both(data_dir)) == 60 and "Y otra." in both(data_dir)


@pytest.mark.parametrize(
    "arguments, word",
    [
        (dict(encoding="utf-88"), "CORPUS_ENCODING is 'utf-88'.*did you mean 'utf-8'"),
        (dict(split_lines="yes"), "SPLIT_LINES is 'yes'"),
        (dict(normalize=None), "normalize is None"),
    ],
)
def test_what_cannot_be_said_of_files(data_dir, arguments, word):
    with pytest.raises(TutorialError, match=word):
        prepare("sample", data_dir, **arguments)


def test_a_copy_of_a_held_out_document_is_not_trained_on(tmp_path, data_dir):
    film = films(40)
    (tmp_path / "a.txt").write_text(film, encoding="utf-8")
    (tmp_path / "b.txt").write_text(film, encoding="utf-8")
    report = Silent()
    made = prepare(tmp_path / "?.txt", data_dir, reporter=report)
    train, valid = (set(read(data_dir, name).strip("\n").split("\n\n")) for name in ("train.txt", "valid.txt"))
    assert not train & valid and made["overlap"] == {"lines": made["account"]["lines_held_out"], "exact": 0, "alike": 0}
    assert made["account"]["lines_dropped"] == made["account"]["lines_held_out"] > 0
    assert "dropped: the same as another one" in report.messages()
    assert made["account"]["lines_in"] == 800


def test_lines_that_stand_on_both_sides_count_as_often_as_they_are_held_out(tmp_path):
    (tmp_path / "train").write_text("Uno, dos.\n\n¡Tres!\n\nSeis.\nSiete ocho.\n", encoding="utf-8")
    (tmp_path / "valid").write_text("Uno, dos.\n\nUno, dos.\ntres\nCuatro.\n…\nsiete  ocho\n", encoding="utf-8")
    found = account.overlap(str(tmp_path / "train"), str(tmp_path / "valid"))
    assert found == {"lines": 6, "exact": 2, "alike": 4}


def test_the_command_line(tmp_path):
    source = tmp_path / "table.jsonl"
    source.write_text("".join(json.dumps({"a": f"Uno dos {n}.", "b": f"Tres cuatro {n}."}) + "\n" for n in range(9)))
    command = [sys.executable, "-m", "helpers.data.corpus", "--source", str(source), "--output-dir", str(tmp_path)]
    ran = subprocess.run(command, cwd=str(ROOT), stderr=subprocess.PIPE)
    assert ran.returncode == 1 and b"several columns" in ran.stderr and b"Traceback" not in ran.stderr
    subprocess.check_call(command + ["--column", "b", "--train-size", "all"], cwd=str(ROOT), stderr=subprocess.DEVNULL)
    assert "Tres cuatro" in (tmp_path / "corpus" / "train.txt").read_text()
