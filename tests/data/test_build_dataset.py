"""Examples equal the reference's, whatever the number of processes and wherever the text is cut."""

import collections
import concurrent.futures
import gzip
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
import small_corpus

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data import dataset
from helpers.data.dataset import __main__ as command
from helpers.data.dataset import builder, manifest, pipeline
from helpers.data.records import FEATURES, RecordFiles
from helpers.data.vocabulary.tokenization import Tokenizer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Quiet(Reporter):
    """Says nothing and remembers what was said."""

    def __init__(self):
        super().__init__()
        self.said, self.bytes = [], 0

    def start(self, title, total=None, unit="it", initial=0):
        self.total = total

    def advance(self, amount=1, **values):
        self.bytes += amount

    def message(self, text):
        self.said.append(text)


def build(folder, vocab_file, *flags, **others):
    """Build from ``folder``/corpus to ``folder``/out (or another ``out``); the result."""
    out = others.pop("out", folder / "out")
    corpus = others.pop("corpus", folder / "corpus")
    argv = ["--corpus-dir", corpus, "--vocab-file", vocab_file, "--output-dir", out] + list(flags)
    arguments = command.parser().parse_args(list(map(str, argv)))
    return builder.build(arguments, others.pop("reporter", Quiet()), **others)


def examples(folder):
    """All examples in the order in which they were numbered: dict of arrays."""
    paths = sorted(folder.glob("pretrain_data.tfrecord*"), key=lambda path: int(path.name.split("-")[1]))
    files = [list(RecordFiles(str(path)).in_order(10**6))[0] for path in paths]
    count = sum(len(file["input_ids"]) for file in files)
    result = {name: np.zeros((count,) + files[0][name].shape[1:], np.int32) for name in FEATURES}
    for number, file in enumerate(files):
        for name in FEATURES:
            result[name][number :: len(files)] = file[name]
    return result


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in FEATURES)


@pytest.fixture
def small(tmp_path):
    """A folder with a small corpus of two files and things that are no corpus; and the vocabulary's path."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text(small_corpus.text(1, 400), encoding="utf-8")
    (corpus / "b.txt").write_bytes(small_corpus.text(2, 250, odd=True).rstrip("\n").encode())
    (corpus / "vocab.txt").write_text("no\ncorpus\n")
    (corpus / "tokenizer.json").write_text("{}")
    (corpus / "folder.txt").mkdir()
    return tmp_path, small_corpus.vocabulary(tmp_path)


@pytest.mark.parametrize("number", range(4))
def test_reference_examples(shared, tmp_path, number):
    folder = shared / "reference" / "dataset"
    setting = json.loads((folder / "examples.json").read_text())[number]
    expected = np.load(str(folder / setting["file"]))
    vocab = tmp_path / "vocab.txt"
    if setting["vocab"] == "mbert":
        vocab.write_bytes(gzip.decompress((shared / "mbert" / "vocab.txt.gz").read_bytes()))
    else:
        shutil.copy(str(folder / "vocab_small.txt"), str(vocab))
    flags = [
        "--do-lower-case" if setting["do_lower_case"] else "--no-lower-case",
        "--do-strip-accents" if setting["strip_accents"] else "--no-strip-accents",
        "--blanks-separate-docs=%s" % setting["blanks_separate_docs"],
        "--max-seq-length=%d" % setting["max_seq_length"],
        "--seed=%d" % setting["seed"],
        "--cut-long-words=false",
    ]
    for processes, out_files in (1, 1), (2, 7):
        more = ["--num-processes=%d" % processes, "--num-out-files=%d" % out_files]
        result = build(tmp_path, vocab, *(flags + more), corpus=folder / "corpus")
        assert result["examples"] == setting["examples"]
        assert same(examples(tmp_path / "out"), expected)


@pytest.mark.parametrize("blanks, length, seed", [(True, 32, 1), (False, 32, 2), (True, 128, 3), (True, 5, 4)])
def test_examples_packed_the_obvious_way(small, monkeypatch, blanks, length, seed):
    folder, vocab_file = small
    tokenizer = Tokenizer(vocab_file, False)
    generator = random.Random(seed)
    names = ["a.txt", "b.txt"]
    generator.shuffle(names)
    texts = [(folder / "corpus" / name).read_bytes().decode().replace("\r", "") for name in names]
    cls, sep = tokenizer.vocabulary["[CLS]"], tokenizer.vocabulary["[SEP]"]
    expected = small_corpus.pack(texts, tokenizer.ids, length, blanks, generator, cls, sep)
    for chunk_bytes in 1 << 19, 3000, 70:
        monkeypatch.setattr(builder, "CHUNK_BYTES", chunk_bytes)
        flags = ["--no-lower-case", "--max-seq-length", length, "--blanks-separate-docs", blanks, "--seed", seed]
        shutil.rmtree(str(folder / "out"), ignore_errors=True)
        build(folder, vocab_file, *flags)
        made = examples(folder / "out")
        assert made["input_ids"].tolist() == [ids for ids, _, _ in expected]
        assert made["input_mask"].sum(axis=1).tolist() == [size for _, size, _ in expected]
        assert made["segment_ids"].sum(axis=1).tolist() == [max(0, size - first) for _, size, first in expected]
        assert (np.diff(made["segment_ids"] * made["input_mask"], axis=1) > 0).sum(axis=1).max() == 1


def test_any_number_of_processes_and_any_executor_give_the_same_files(small, monkeypatch):
    folder, vocab_file = small
    monkeypatch.setattr(builder, "CHUNK_BYTES", 2000)
    flags = ["--no-lower-case", "--max-seq-length=32", "--num-out-files=3"]
    build(folder, vocab_file, *flags)
    names = ["pretrain_data.tfrecord-%d-of-3" % number for number in range(3)]
    expected = [(folder / "out" / name).read_bytes() for name in names]

    def check(*more, **others):
        build(folder, vocab_file, *(flags + list(more)), out=folder / "again", **others)
        assert [(folder / "again" / name).read_bytes() for name in names] == expected
        shutil.rmtree(str(folder / "again"))

    check("--num-processes=2")
    check("--num-processes=3")
    with concurrent.futures.ThreadPoolExecutor(1) as one:
        check(executors=[one])
        monkeypatch.setattr(pipeline, "KEPT_CHUNKS", 0)  # as if other workers had measured the chunks
        check(executors=[one, one])


def test_a_vocabulary_that_changed_is_read_again(small):
    folder, vocab_file = small
    build(folder, vocab_file, "--no-lower-case")
    before = examples(folder / "out")["input_ids"]
    with open(vocab_file, encoding="utf-8") as file:
        tokens = file.read().split()
    with open(vocab_file, "w", encoding="utf-8") as file:
        file.write("\n".join(tokens[:5] + tokens[:4:-1]))
    assert not build(folder, vocab_file, "--no-lower-case")["up_to_date"]
    after = examples(folder / "out")["input_ids"]
    assert np.array_equal(after, np.where(before < 5, before, len(tokens) + 4 - before))


def test_each_sentence_is_used_once(small):
    folder, vocab_file = small
    build(folder, vocab_file, "--no-lower-case", "--max-seq-length=512", "--blanks-separate-docs=true")
    made = examples(folder / "out")["input_ids"]
    tokenizer = Tokenizer(vocab_file, False)
    special = [tokenizer.vocabulary[token] for token in small_corpus.SPECIAL if token != "[UNK]"]
    found = made[~np.isin(made, special)]
    texts = [(folder / "corpus" / name).read_bytes().decode() for name in ("a.txt", "b.txt")]
    wanted = [number for text in texts for number in tokenizer.ids(text)]
    assert collections.Counter(found.tolist()) == collections.Counter(wanted)


def test_one_sentence_per_example(small):
    folder, vocab_file = small
    result = build(folder, vocab_file, "--no-lower-case", "--one-sentence-per-example=true", "--max-seq-length=16")
    tokenizer = Tokenizer(vocab_file, False)
    order = ["a.txt", "b.txt"]
    random.Random(0).shuffle(order)
    lines = [line for name in order for line in (folder / "corpus" / name).read_bytes().decode().split("\n")]
    cls, sep = tokenizer.vocabulary["[CLS]"], tokenizer.vocabulary["[SEP]"]
    expected = [[cls] + tokenizer.ids(line)[:14] + [sep] for line in lines if tokenizer.ids(line)]
    made = examples(folder / "out")
    assert result["examples"] == result["sentences"] == len(expected)
    assert made["input_ids"].tolist() == [ids + [0] * (16 - len(ids)) for ids in expected]
    assert not made["segment_ids"].any()


def test_packed_text_and_windows_line_ends_change_nothing(small):
    folder, vocab_file = small
    flags = ["--no-lower-case", "--max-seq-length=32"]
    reporter = Quiet()
    build(folder, vocab_file, *flags, reporter=reporter)
    assert reporter.bytes == reporter.total
    expected = examples(folder / "out")
    corpus = folder / "packed"
    corpus.mkdir()
    for name in "a.txt", "b.txt":
        text = (folder / "corpus" / name).read_bytes().replace(b"\n", b"\r\n")
        with gzip.open(str(corpus / (name + ".gz")), "wb") as file:
            file.write(text)
    for processes in "1", "2":
        reporter = Quiet()
        more = ["--num-processes", processes, "--corpus-files=*.gz"]
        build(folder, vocab_file, *(flags + more), corpus=corpus, out=folder / ("out" + processes), reporter=reporter)
        assert reporter.bytes == reporter.total
        assert same(examples(folder / ("out" + processes)), expected)


@pytest.mark.parametrize("length, processes, cut", [(16, 1, True), (128, 2, False)])
def test_the_account_is_what_counting_by_hand_gives(small, length, processes, cut):
    folder, vocab_file = small
    with open(str(folder / "corpus" / "a.txt"), "a", encoding="utf-8") as file:
        file.write("el agua no " * 40 + "\n" + "xyz XYZ xyz ¡xyz!\n" * 40 + "a" * 450 + "\n\u200b\n")
    reporter = Quiet()
    flags = ["--no-lower-case", "--max-seq-length", length, "--num-processes", processes, "--cut-long-words", cut]
    result = build(folder, vocab_file, *flags, reporter=reporter)
    made, account = result["account"], json.loads((folder / "out" / "manifest.json").read_text())["account"]
    assert made == account

    tokenizer = Tokenizer(vocab_file, False, cut_long_words=cut)
    unknown, special = tokenizer.vocabulary["[UNK]"], [tokenizer.vocabulary[token] for token in small_corpus.SPECIAL]
    text = "".join((folder / "corpus" / name).read_text(encoding="utf-8") for name in ("a.txt", "b.txt"))
    lines = [line for line in text.split("\n") if line.strip()]
    ids = [tokenizer.ids(line) for line in lines]
    tokens = sum(map(len, ids))
    words = collections.Counter(word for line in lines for word in tokenizer.words(line))
    missing = {word: count for word, count in words.items() if unknown in tokenizer.pieces(word)}
    inputs = examples(folder / "out")
    kept = int((inputs["input_mask"].astype(bool) & ~np.isin(inputs["input_ids"], special)).sum())
    kept += int((inputs["input_ids"] == unknown).sum())

    assert made["lines"] == len(lines) and made["lines_without_words"] == sum(not line for line in ids) > 0
    assert made["tokens"] == result["tokens"] == tokens
    assert (made["reached"], made["truncated"]) == (kept, tokens - kept) and made["truncated"] > 0
    assert made["truncated_share"] == pytest.approx(1 - kept / tokens, abs=1e-6)
    assert made["unknown"] == sum(missing.values()) == sum(line.count(unknown) for line in ids)
    assert made["unknown_share"] == pytest.approx(made["unknown"] / tokens, abs=1e-6) and made["unknown_share"] > 0.01
    ranked = sorted(missing.items(), key=lambda item: (-item[1], item[0]))[:10]
    assert made["unknown_words"] == [list(item) for item in ranked] and ["xyz", 120] in made["unknown_words"]
    assert made["long_words"] == text.count("z" * 201) + 1

    said = "\n".join(reporter.said)
    assert f"{len(lines):,} lines, {tokens:,} tokens" in said and "xyz (120)" in said and "warning: " in said
    assert ("SPLIT_LINES" in said) == (made["truncated"] / tokens > 0.05) == (length == 16)
    again = Quiet()
    assert build(folder, vocab_file, *flags, reporter=again)["up_to_date"]
    assert again.said[-1] == reporter.said[-1]


def test_a_clean_text_has_no_warning(tmp_path):
    vocab_file = small_corpus.vocabulary(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("el pájaro está cantando.\n" * 50, encoding="utf-8")
    reporter = Quiet()
    flags = ["--no-lower-case", "--no-strip-accents", "--one-sentence-per-example=true"]
    account = build(tmp_path, vocab_file, *flags, reporter=reporter)["account"]
    assert (account["truncated"], account["unknown"], account["reached_share"]) == (0, 0, 1)
    assert reporter.said == [
        "50 lines, 250 tokens: 100% reach the 50 examples, 0% are lost at truncation, 0% are [UNK]"
    ]


def test_guessed_settings_are_said(small):
    folder, vocab_file = small

    def said(*flags):
        reporter = Quiet()
        build(folder, vocab_file, *flags, reporter=reporter)
        return "\n".join(reporter.said)

    assert "text is lower-cased and accents are dropped, as google-research/electra does" in said()
    assert "accents are kept, as" in said("--no-lower-case")
    assert "google-research" not in said("--no-lower-case", "--no-strip-accents")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "strip_accents": false}')
    assert "google-research" not in said()


def test_home_is_found_in_paths(small, monkeypatch):
    folder, vocab_file = small
    monkeypatch.setenv("HOME", str(folder))
    for home in "~", "$HOME":
        argv = ["--corpus-dir", home + "/corpus", "--vocab-file", home + "/vocab.txt", "--output-dir", home + "/out"]
        builder.build(command.parser().parse_args(argv), Quiet())
        assert (folder / "out" / "manifest.json").exists()
        shutil.rmtree(str(folder / "out"))


def test_which_files_are_corpus(small):
    folder, vocab_file = small
    assert list(manifest.corpus_files(str(folder / "corpus"))) == ["a.txt", "b.txt"]
    assert list(build(folder, vocab_file, "--corpus-files=b*")["inputs"]) == ["b.txt"]


def test_tokenizer_settings(tmp_path):
    def found(config, *given):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
        return manifest.tokenizer_settings(str(tmp_path / "vocab.txt"), *given)

    assert manifest.tokenizer_settings(str(tmp_path / "vocab.txt")) == (True, True)
    assert found({}) == (True, True)
    assert found({"do_lower_case": False}) == (False, False)
    assert found({"do_lower_case": False, "strip_accents": False}, None, None) == (False, False)
    assert found({"do_lower_case": True, "strip_accents": False}) == (True, False)
    assert found({"do_lower_case": True, "strip_accents": False}, False, None) == (False, False)
    assert found({"do_lower_case": False, "strip_accents": False}, True, None) == (True, True)
    assert found({"do_lower_case": False}, None, True) == (False, True)


def test_up_to_date_until_something_changes(small):
    folder, vocab_file = small

    def again(*flags):
        reporter = Quiet()
        result = build(folder, vocab_file, *flags, reporter=reporter)
        assert result["up_to_date"] == any("up to date" in line for line in reporter.said)
        return result["up_to_date"]

    assert not again()
    assert again() and again("--num-processes=2")
    os.utime(str(folder / "corpus" / "a.txt"), (1, 1))
    assert again()  # touched, and the same inside
    for flag in "--seed=1", "--max-seq-length=64", "--no-lower-case", "--num-out-files=2", "--corpus-files=a*":
        assert not again(flag)
        assert again(flag)
    assert not again()
    with open(str(folder / "out" / "pretrain_data.tfrecord-0-of-1"), "ab") as file:
        file.write(b"x")
    assert not again()
    with open(str(folder / "corpus" / "a.txt"), "a") as file:
        file.write("el agua\n")
    assert not again()
    assert again()


@pytest.mark.parametrize(
    "flags, corpus, said",
    [
        (["--max-seq-length=4"], {"a.txt": b"el agua\n"}, "max_seq_length is 4"),
        (["--max-seq-length=100000"], {"a.txt": b"el agua\n"}, "max_seq_length is 100000"),
        (["--num-processes=0"], {"a.txt": b"el agua\n"}, "num_processes is 0"),
        (["--num-out-files=-1"], {"a.txt": b"el agua\n"}, "num_out_files is -1"),
        ([], {}, "has no corpus"),
        (["--corpus-files=x*"], {"a.txt": b"el agua\n"}, "matches x*"),
        ([], {"a.txt": b""}, "there is no text"),
        ([], {"a.txt": b" \n\n\t\n\r\n"}, "there is no text"),
        ([], {"a.txt": b"el agua\nni\xf1a\n"}, "a.txt is not UTF-8 (see byte 8)"),
        ([], {"a.txt": "el agua\n".encode("utf-16")}, "a.txt is not UTF-8 (see byte 0)"),
        ([], {"a.txt.gz": b"el agua\n"}, "not a whole gzip file"),
        ([], {"a.txt.gz": gzip.compress(b"el agua\n" * 5000)[:-20]}, "not a whole gzip file"),
        ([], {"a.txt.gz": gzip.compress(b"el agua\n" * 5000)[:40] + b"\xff" * 50}, "not a whole gzip file"),
        ([], {"a.txt": b"el agua " * (20 << 17)}, "a line of over 16 MB"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_what_was_there(tmp_path, flags, corpus, said):
    vocab_file = small_corpus.vocabulary(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("an earlier one")
    for name, content in corpus.items():
        (tmp_path / "corpus" / name).write_bytes(content)
    for processes in ["--num-processes=1"], ["--num-processes=2"]:
        with pytest.raises(TutorialError) as caught:
            build(tmp_path, vocab_file, *(processes + flags))
        assert said in str(caught.value) and "\n" not in str(caught.value)
        assert (tmp_path / "out" / "manifest.json").read_text() == "an earlier one"
        assert sorted(os.listdir(str(tmp_path))) == ["corpus", "out", "vocab.txt"]


def test_folders_that_are_not_there_or_not_to_be_replaced(small):
    folder, vocab_file = small
    with pytest.raises(TutorialError, match="no corpus folder"):
        build(folder, vocab_file, corpus=folder / "nowhere")
    with pytest.raises(TutorialError, match="no vocabulary"):
        build(folder, folder / "nowhere.txt")
    with pytest.raises(TutorialError, match="not a folder"):
        build(folder, vocab_file, out=folder / "vocab.txt")
    with pytest.raises(TutorialError, match="has other files, such as a.txt"):
        build(folder, vocab_file, out=folder / "corpus")


def _die(settings, chunk):
    os._exit(1)


def test_a_worker_that_dies_is_said(small, monkeypatch):
    folder, vocab_file = small
    monkeypatch.setattr(pipeline, "measure", _die)
    with pytest.raises(TutorialError, match="a worker process died"):
        build(folder, vocab_file, "--num-processes=2")
    assert not (folder / "out").exists()


def test_a_full_disk_is_said(small, monkeypatch):
    folder, vocab_file = small

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builder.RecordWriter, "append", full)
    monkeypatch.setattr(pipeline, "write_pieces", full)
    for processes in "1", "2":
        with pytest.raises(TutorialError, match="cannot build .*out: .*No space left"):
            build(folder, vocab_file, "--num-processes", processes)
    assert sorted(os.listdir(str(folder))) == ["corpus", "vocab.txt"]


def test_command_line(small):
    folder, vocab_file = small
    command = [sys.executable, "-m", "helpers.data.dataset", "--vocab-file", vocab_file, "--no-lower-case"]
    command += [
        "--no-strip-accents",
        "--corpus-dir",
        str(folder / "corpus"),
        "--output-dir",
        str(folder / "out"),
        "--events",
    ]
    command += ["--num-processes", "2", "--num-out-files", "1000", "--blanks-separate-docs", "False"]

    def run(*flags):
        ended = subprocess.run(
            command + list(flags), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
        )
        return ended, [json.loads(line) for line in ended.stdout.splitlines()]

    ended, lines = run()
    assert ended.returncode == 0, ended.stderr
    assert [lines[0]["event"], lines[-1]["event"]] == ["start", "result"]
    assert lines[-1]["parameters"]["blanks_separate_docs"] is False
    assert len(list((folder / "out").glob("pretrain_data.tfrecord-*-of-1000"))) == 1000
    assert lines[-1]["examples"] == sum(file["examples"] for file in lines[-1]["outputs"].values())
    ended, lines = run("--max-seq-length=2")
    assert (ended.returncode, lines[-1]["event"], len(ended.stderr.splitlines())) == (1, "error", 1)
    ended, _ = run("--blanks-separate-docs=perhaps")
    assert ended.returncode == 2 and "neither true nor false" in ended.stderr
    modules = "import sys, helpers.data.dataset.builder; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.call([sys.executable, "-c", modules], cwd=ROOT) == 0


def test_notebook_function(small):
    """With settings that are neither the function's nor the program's own; the programs run."""
    folder, vocab_file = small
    (folder / "corpus" / "a.txt").rename(folder / "corpus" / "train.txt")
    (folder / "corpus" / "b.txt").rename(folder / "corpus" / "valid.txt")
    with pytest.raises(TutorialError, match="no tokenizer_config.json in .*: call vocabulary.prepare first"):
        dataset.build(str(folder))
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "strip_accents": true}')
    settings = dict(max_seq_length=32, blanks_separate_docs=False, seed=5)
    more = dict(num_processes=2, num_out_files=3)
    result = dataset.build(str(folder), **settings, **more)
    assert not result["up_to_date"]
    where = (("train", "train.txt", "pretrain_tfrecords"), ("valid", "valid.txt", "valid_tfrecords"))
    for part, text, examples_folder in where:
        made = result[part]
        wanted = dict(settings, one_sentence_per_example=False, do_lower_case=False, strip_accents=True)
        assert {name: made["parameters"][name] for name in wanted} == wanted
        assert made["parameters"]["num_out_files"] == (3 if part == "train" else 1)
        assert list(made["inputs"]) == [text] and made["inputs"][text]["sha256"] == files.sha256(
            str(folder / "corpus" / text)
        )
        assert RecordFiles(str(folder / examples_folder)).count == made["examples"]
    tokenizer = Tokenizer(vocab_file, False, True)
    cls, sep = tokenizer.vocabulary["[CLS]"], tokenizer.vocabulary["[SEP]"]
    generator = random.Random(5)
    text = (folder / "corpus" / "train.txt").read_text(encoding="utf-8")
    generator.shuffle(["train.txt"])
    expected = small_corpus.pack([text], tokenizer.ids, 32, False, generator, cls, sep)
    assert examples(folder / "pretrain_tfrecords")["input_ids"].tolist() == [ids for ids, _, _ in expected]
    assert dataset.build(str(folder), **settings, **more)["up_to_date"]
    again = dataset.build(str(folder), **dict(settings, one_sentence_per_example=True), num_processes=1)
    made = again["train"]
    assert not again["up_to_date"] and made["examples"] == made["sentences"]
    assert made["parameters"]["one_sentence_per_example"] is True
    assert made["parameters"]["blanks_separate_docs"] is False
    with pytest.raises(TutorialError, match="num_processes is 0"):
        dataset.build(str(folder), num_processes=0)
