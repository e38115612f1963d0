"""The bad inputs of docs/reliability.md: each makes its input in a Place and gives the step that is to meet it."""

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import zlib

import small_corpus

from helpers import conversion, discriminator
from helpers.data import corpus, dataset, records, vocabulary
from helpers.data.dataset import __main__ as dataset_command
from helpers.data.dataset import builder
from helpers.data.vocabulary import __main__ as vocabulary_command
from helpers.discriminator import loading
from helpers.finetuning import tasks
from helpers.pretraining import hyperparameters
from helpers.tutorial import plan, presets

TEXT = "".join("El pájaro número %d está cantando.\n%s" % (n, "\n" if n % 5 == 4 else "") for n in range(60))
SPECIAL = list(vocabulary.SPECIAL_TOKENS)
TINY = dict(
    model_size="tiny", embedding_size=16, max_seq_length=16, num_train_steps=2, train_batch_size=4, eval_batch_size=4,
    model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64),
)  # fmt: skip
CASES = {}


def case(function):
    """``function(place)`` makes the input and returns what to do with it; its name is the row's."""
    CASES[function.__name__.strip("_").replace("_", "-")] = function
    return function


def given(make, use):
    """A case that makes something and hands it to the step."""

    def action(place):
        made = make(place)
        return lambda: use(place, made)

    return action


def several(prefix, inputs):
    """Rows that differ in their content alone: ``inputs`` maps the rest of the name to a function of a place."""
    for name, action in inputs.items():
        CASES[prefix + name] = action


class Place:
    """A folder with a DATA_DIR, and the steps of the tutorial in it; ``said`` is what they told the user."""

    def __init__(self, folder, reporter, made, argv):
        self.folder, self.data_dir = str(folder), os.path.join(str(folder), "data")
        self.reporter, self._made, self._argv = reporter, made, argv
        os.makedirs(self.data_dir)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    def corpus(self, source, **arguments):
        arguments.setdefault("train_size", None)
        return corpus.prepare(source, self.data_dir, reporter=self.reporter, **arguments)

    def train_text(self):
        lines = []
        for name in ("train.txt", "valid.txt"):
            with open(self.path("data", "corpus", name), encoding="utf-8", newline="") as file:
                lines += file.read().split("\n")
        return sorted(filter(None, lines))

    def vocabulary(self, *argv):
        vocabulary_command.main(list(map(str, argv)) + ["--output-dir", self.data_dir])

    def with_vocabulary(self):
        small_corpus.vocabulary(pathlib.Path(self.data_dir))

    def with_examples(self):
        """Training examples of 16 tokens."""
        self.with_vocabulary()
        self.write("data/corpus/train.txt", TEXT)
        self.write("data/tokenizer_config.json", '{"do_lower_case": false, "strip_accents": false}')
        self.examples("--max-seq-length", 16)

    def examples(self, *argv, **changes):
        wanted = dict(corpus_dir=self.path("data", "corpus"), vocab_file=self.path("data", "vocab.txt"))
        wanted = dict(wanted, output_dir=self.path("data", "pretrain_tfrecords"), **changes)
        named = [text for name, value in wanted.items() for text in ("--" + name.replace("_", "-"), value)]
        arguments = dataset_command.parser().parse_args(list(map(str, named + list(argv))))
        return builder.build(arguments, self.reporter)

    def train(self, hparams=None, model_name="m", **changes):
        """What ``python -m helpers.pretraining`` does, in this process."""
        from helpers.pretraining import __main__ as command
        from helpers.pretraining.network.runtime import tf

        text = hparams if isinstance(hparams, str) else json.dumps(dict(TINY, **changes))
        self._argv(["pretrain", "--data-dir", self.data_dir, "--model-name", model_name, "--hparams", text])
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with tf.Graph().as_default():
                command.main()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def model(self):
        """A model as training leaves it, with its vocabulary, in data/models/m; its variables."""
        folder, variables = self._made()
        shutil.rmtree(self.data_dir)
        shutil.copytree(folder, self.data_dir)
        return variables

    def convert(self, *argv):
        from helpers.conversion import __main__ as command

        model = self.path("data", "models", "m")
        named = ["--model-dir", model, "--vocab-file", self.path("data", "vocab.txt"), "--output-dir", model]
        command.main(named + list(argv))

    def exported(self):
        """A discriminator as the conversion writes it; its folder."""
        self.model()
        return os.path.join(self.data_dir, "models", "m", "discriminator")


# -- text -----------------------------------------------------------------------------------------------------


def _text(content, name="mine.txt", **options):
    def action(place):
        content_now = content() if callable(content) else content
        path = place.write(name, content_now)
        return lambda: place.corpus(path, **options)

    return action


def _bomb():
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress((b"x" * 1023 + b"\n") * 1024) for _ in range(100)) + packer.flush()


several("corpus-", {
    "empty": _text(b""),
    "blank": _text(b"\n \n\r\n\t\n"),
    "one-line": _text(b"uno\n"),
    "nul-bytes": _text(b"\x00\x00\x01\x02" * 1000),
    "web-page": _text(b"\n<!DOCTYPE html><html>"),
    "zip": _text(b"PK\x03\x04 and so on"),
    "pdf": _text(b"%PDF-1.4"),
    "bzip2": _text(b"BZh91AY&SY"),
    "gzip-cut-short": _text(gzip.compress(TEXT.encode())[:-20], "mine.txt.gz"),
    "gzip-damaged": _text(gzip.compress(TEXT.encode())[:-8] + bytes(8), "mine.txt.gz"),
    "gzip-not": _text(TEXT, "mine.txt.gz"),
    "gzip-bomb": _text(_bomb, "mine.txt.gz"),
    "missing": lambda place: lambda: place.corpus(place.path("nowhere.txt")),
    "column-without-effect": _text(TEXT, column="texto"),
    "language-without-effect": _text(TEXT, language="it"),
    "sample-without-effect": lambda place: lambda: place.corpus("sample", train_size=20, column="texto"),
    "no-match": lambda place: lambda: place.corpus(place.path("*.txt.gz")),
    "mistyped": lambda place: lambda: place.corpus("opensubtitle"),
    "its-own-output": given(lambda place: place.write("data/corpus/train.txt", TEXT), Place.corpus),
    "language-path": lambda place: lambda: place.corpus("opensubtitles:../../etc"),
    "release-path": lambda place: lambda: place.corpus("opensubtitles", release="../v2016"),
    "plain-http": lambda place: lambda: place.corpus("http://example.org/es.txt.gz"),
    "mirror-ftp": lambda place: lambda: place.corpus("opensubtitles", opus_url="ftp://example.org"),
    "sample-without-end": lambda place: lambda: place.corpus("sample"),
    "size-zero": lambda place: lambda: place.corpus("sample", train_size=0),
    "size-text": lambda place: lambda: place.corpus("sample", train_size="many"),
})  # fmt: skip


@case
def corpus_directory(place):
    os.makedirs(place.path("texts", "mine.txt"))
    return lambda: place.corpus(place.path("texts"))


@case
def data_dir_is_a_file(place):
    source = place.write("mine.txt", TEXT)
    os.rmdir(place.data_dir)
    place.write("data", "")
    return lambda: place.corpus(source)


@case
def data_dir_not_writable(place):
    """Root may write everywhere: there another user has to try."""
    source = place.write("mine.txt", TEXT)
    if os.geteuid():
        os.chmod(place.data_dir, 0o500)
        return lambda: place.corpus(source)
    code = (
        "import os, sys; sys.path.insert(0, %r); from helpers.data import corpus; from helpers.base import events\n"
        "os.setuid(65534)\n"
        "events.run(lambda reporter: corpus.prepare(%r, %r, reporter=reporter))"
        % (os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), source, place.data_dir)
    )
    folder = str(place.folder)
    while os.path.basename(os.path.dirname(folder)):  # that user has to get here from /tmp
        os.chmod(folder, 0o755)
        folder = os.path.dirname(folder)

    def action():
        ran = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE)
        sys.stderr.write(ran.stderr.decode())
        sys.exit(ran.returncode)

    return action


def _accepted(content, lines, name="mine.txt", **cleaning):
    def action(place):
        path = place.write(name, content() if callable(content) else content)

        def check():
            made = place.corpus(path)
            assert place.train_text() == sorted(lines)
            assert {key: made["cleaning"][key] for key in cleaning} == cleaning

        return check

    return action


LINES = [line for line in TEXT.split("\n") if line]
several("corpus-", {
    "utf-16": _accepted(TEXT.encode("utf-16"), LINES),
    "utf-16-without-bom": _accepted(TEXT.encode("utf-16-be"), LINES),
    "latin-1": _accepted(TEXT.encode("latin-1"), LINES),
    "crlf": _accepted(TEXT.replace("\n", "\r\n"), LINES),
    "cr-only": _accepted(TEXT.replace("\n", "\r"), LINES),
    "no-newline-at-the-end": _accepted(TEXT.rstrip("\n"), LINES),
    "byte-order-mark": _accepted(b"\xef\xbb\xbf" + TEXT.encode(), LINES),
    "gzip-twice": _accepted(gzip.compress(gzip.compress(TEXT.encode())), LINES, "mine.txt.gz"),
    "stray-nul-bytes": _accepted(TEXT.replace("está", "es\0tá"), LINES),
    "few-bad-bytes": _accepted(
        TEXT.encode().replace(b"mero 7 ", b"mero\xff7 "), [line.replace("mero 7 ", "mero\ufffd7 ") for line in LINES],
        bad_bytes=1, bad_lines=1),
})  # fmt: skip


@case
def corpus_line_of_100_mb(place):
    word = "pájaro "
    path = place.write("mine.txt", word * (100 * 1000 * 1000 // len(word.encode())) + "\nuno\n")

    def check():
        made = place.corpus(path)
        assert made["cleaning"]["cut_lines"] == made["cleaning"]["split_lines"] == 1
        assert set(" ".join(place.train_text()).split()) == {"pájaro", "uno"}

    return check


# -- the vocabulary -------------------------------------------------------------------------------------------


def _vocab(content, name="mine.txt"):
    return given(lambda place: place.write(name, content), lambda place, path: place.vocabulary("--source", path))


several("vocabulary-", {
    "without-mask": _vocab("\n".join(SPECIAL[:4] + ["uno"])),
    "empty": _vocab(""),
    "with-spaces": _vocab("\n".join(SPECIAL + ["uno dos"])),
    "latin-1": _vocab("\n".join(SPECIAL + ["niño"]).encode("latin-1")),
    "gzip-cut-short": _vocab(gzip.compress("\n".join(SPECIAL * 100).encode())[:-9]),
    "too-large": _vocab(gzip.compress(b"x" * (65 << 20), 1)),
    "directory": lambda place: lambda: vocabulary.prepare(place.folder, place.data_dir),
    "missing": lambda place: lambda: vocabulary.prepare("bert-base-multilingual", place.data_dir),
    "before-corpus": lambda place: lambda: vocabulary.prepare("train", place.data_dir),
    "size-5": lambda place: lambda: vocabulary.prepare("train:5", place.data_dir),
    "size-text": lambda place: lambda: vocabulary.prepare("train:many", place.data_dir),
    "accents-text": lambda place: lambda: vocabulary.prepare("train", place.data_dir, strip_accents="no"),
})  # fmt: skip


# -- the examples ---------------------------------------------------------------------------------------------


def _examples(*argv, corpus=TEXT, name="train.txt", **changes):
    def action(place):
        place.with_vocabulary()
        if corpus is not None:
            place.write("data/corpus/" + name, corpus)
        return lambda: place.examples(*argv, **changes)

    return action


several("examples-", {
    "length-4": _examples("--max-seq-length", 4),
    "length-100000": _examples("--max-seq-length", 100000),
    "processes-0": _examples("--num-processes", 0),
    "files-negative": _examples("--num-out-files", -1),
    "no-corpus-folder": _examples(corpus=None),
    "no-corpus-file": _examples(name="train.csv"),
    "empty-corpus": _examples(corpus=""),
    "latin-1": _examples(corpus=TEXT.encode("latin-1")),
    "line-of-16-mb": _examples(corpus=b"el agua " * (20 << 17)),
    "gzip-cut-short": _examples(corpus=gzip.compress(TEXT.encode() * 50)[:-20], name="train.txt.gz"),
    "length-text": lambda place: (
        place.with_examples(), lambda: dataset.build(place.data_dir, "128"))[1],
})  # fmt: skip


@case
def examples_length_5(place):
    """The shortest there can be: [CLS], three tokens, [SEP]."""
    action = _examples("--max-seq-length", 5)(place)

    def check():
        assert action()["tokens"] > 300 and records.RecordFiles(place.path("data", "pretrain_tfrecords")).length == 5

    return check


@case
def examples_over_other_files(place):
    action = _examples()(place)
    place.write("data/pretrain_tfrecords/thesis.txt", "years of work")
    return action


@case
def examples_vocabulary_without_mask(place):
    action = _examples()(place)
    place.write("data/vocab.txt", "\n".join(SPECIAL[:4]))
    return action


@case
def examples_tokenizer_config_damaged(place):
    action = _examples()(place)
    place.write("data/tokenizer_config.json", '{"do_lower_case": fal')
    return action


# -- hyperparameters and training -----------------------------------------------------------------------------


def _hparams(**settings):
    return lambda place: lambda: hyperparameters.resolve(settings, place.data_dir)


def _parsed(text):
    return lambda place: lambda: hyperparameters.parse(text)


several("hparams-", {
    "unknown": _hparams(learning_rat=1),
    "whole-number-text": _hparams(num_train_steps="many"),
    "whole-number-fraction": _hparams(train_batch_size=2.5),
    "truth-text": _hparams(do_lower_case="perhaps"),
    "null": _hparams(vocab_size=None),
    "batch-0": _hparams(train_batch_size=0),
    "learning-rate-nan": _hparams(learning_rate=float("nan")),
    "learning-rate-negative": _hparams(learning_rate=-1),
    "steps-infinite": _hparams(num_train_steps=1e400),
    "steps-beyond-all-floats": _hparams(num_train_steps=10**400),
    "seed-too-large": _hparams(seed=2**31),
    "length-4": _hparams(max_seq_length=4),
    "length-100000": _hparams(max_seq_length=100000),
    "mask-prob-1.5": _hparams(mask_prob=1.5),
    "size-huge": _hparams(model_size="huge"),
    "heads-do-not-divide": _hparams(model_hparam_overrides=dict(hidden_size=65, num_attention_heads=2)),
    "overrides-list": _hparams(model_hparam_overrides=[["hidden_size", 64]]),
    "generator-without-layers": _hparams(generator_layers=0.01),
    "nothing-to-train": _hparams(uniform_generator=True, electra_objective=False),
    "model-name-path": _hparams(model_name="../escape"),
    "model-name-nul": _hparams(model_name="a\0b"),
    "pickle": _hparams(results_pkl="results.pkl"),
    "not-json": _parsed("{seed: 3}"),
    "list": given(lambda place: place.write("hparams.json", "[1]"), lambda place, path: hyperparameters.parse(path)),
    "no-such-file": _parsed("nowhere.json"),
    "nested-too-deep": _parsed('{"a":' + "[" * 100000),
})  # fmt: skip


def _train(change=lambda place: None, **settings):
    def action(place):
        place.with_examples()
        change(place)
        return lambda: place.train(**settings)

    return action


def _damage(name, cut):
    def change(place):
        path = place.path("data", *name.split("/"))
        with open(path, "r+b") as file:
            content = file.read()
            file.seek(0)
            file.truncate()
            file.write(cut(content))

    return change


def _start(*names):
    """Weights to start from that are a folder with files of these names, which hold no such thing."""

    def action(place):
        place.with_examples()
        for name in names:
            place.write(f"start/{name}", "{}")
        return lambda: place.train(init_checkpoint=place.path("start"))

    return action


RECORDS = "pretrain_tfrecords/pretrain_data.tfrecord-0-of-1"
several("training-", {
    "without-examples": lambda place: (place.with_vocabulary(), place.train)[1],
    "other-length": _train(max_seq_length=32),
    "vocabulary-longer-than-vocab-size": _train(vocab_size=10),
    "vocabulary-latin-1": _train(
        lambda place: place.write("data/vocab.txt", "\n".join(SPECIAL + ["ni\xf1o"]).encode("latin-1"))),
    "record-damaged": _train(_damage(RECORDS, lambda data: data[:-40] + b"\xff" + data[-39:])),
    "records-cut-short": _train(_damage(RECORDS, lambda data: data[:-7])),
    "records-empty": _train(_damage(RECORDS, lambda data: b"")),
    "start-nowhere": _train(init_checkpoint="runs/nowhere"),
    "start-saved-model": _start("saved_model.pb"),
    "start-pickle": _start("config.json", "pytorch_model.bin"),
    "start-of-others": _start("config.json", "model.safetensors"),
    "model-dir-is-a-file": _train(lambda place: place.write("data/models/m", "a file")),
})  # fmt: skip


@case
def training_examples_of_another_vocabulary(place):
    """The vocabulary beside them is short enough; the numbers in them are not."""
    action = _train()(place)
    with open(place.path("data", "vocab.txt"), encoding="utf-8") as file:
        tokens = file.read().split("\n")
    place.write("data/vocab.txt", "\n".join(tokens[:20]) + "\n")
    return action


@case
def training_vocabulary_shorter_than_vocab_size(place):
    """The rows of the embeddings that no word has are never trained: nothing to refuse."""
    return _train(vocab_size=200)(place)


@case
def training_index_damaged(place):
    """The records are counted instead."""
    return _train(_damage("pretrain_tfrecords/index.npz", lambda data: data[: len(data) // 2]))(place)


@case
def training_checkpoint_of_another_shape(place):
    _train()(place)()
    os.remove(place.path("data", "models", "m", "hparams.json"))  # or it would be put aside as another run
    overrides = dict(TINY["model_hparam_overrides"], intermediate_size=48)
    return lambda: place.train(model_hparam_overrides=overrides, num_train_steps=3)


@case
def training_half_a_checkpoint(place):
    _train()(place)()
    with open(place.path("data", "models", "m", "model.ckpt-2.data-00000-of-00001"), "r+b") as file:
        file.truncate(1000)
    return lambda: place.train(num_train_steps=3)


# -- conversion -----------------------------------------------------------------------------------------------


def _convert(change, *argv):
    def action(place):
        place.model()
        shutil.rmtree(place.path("data", "models", "m", "discriminator"))
        shutil.rmtree(place.path("data", "models", "m", "generator"))
        change(place)
        return lambda: place.convert(*argv)

    return action


def _hparams_say(**settings):
    def change(place):
        path = place.path("data", "models", "m", "hparams.json")
        with open(path) as file:
            stated = json.load(file)
        with open(path, "w") as file:
            json.dump(dict(stated, **settings), file)

    return change


CHECKPOINT = "models/m/model.ckpt-7."
several("conversion-", {
    "no-model": lambda place: lambda: conversion.convert(place.data_dir, "nobody"),
    "no-checkpoint": _convert(lambda place: [os.remove(place.path("data", CHECKPOINT + end)) for end in
                                             ("index", "data-00000-of-00001")]),
    "half-a-checkpoint": _convert(_damage(CHECKPOINT + "data-00000-of-00001", lambda data: data[:1000])),
    "data-file-missing": _convert(lambda place: os.remove(place.path("data", CHECKPOINT + "data-00000-of-00001"))),
    "index-of-nonsense": _convert(_damage(CHECKPOINT + "index", lambda data: b"nonsense" * 50)),
    "hparams-not-json": _convert(lambda place: place.write("data/models/m/hparams.json", "{half")),
    "hparams-of-another-run": _convert(_hparams_say(vocab_size=99)),
    "vocabulary-too-long": _convert(lambda place: open(place.path("data", "vocab.txt"), "a").write("one\nmore\n")),
    "vocabulary-without-mask": _convert(_damage("vocab.txt", lambda data: data.replace(b"[MASK]", b"mask"))),
    "over-other-files": _convert(lambda place: place.write("data/models/m/discriminator/thesis.txt", "years")),
})  # fmt: skip


# -- use ------------------------------------------------------------------------------------------------------


def _use(change):
    def action(place):
        folder = place.exported()
        change(folder)
        return lambda: discriminator.load(folder)

    return action


def _overwrite(name, content):
    return lambda folder: open(os.path.join(folder, name), "wb").write(content)


several("use-", {
    "file-for-a-folder": given(
        lambda place: os.path.join(place.exported(), "config.json"), lambda place, path: discriminator.load(path)),
    "no-export": lambda place: lambda: discriminator.load(place.path("nowhere")),
    "config-not-json": _use(_overwrite("config.json", b"{half")),
    "weights-cut-short": _use(lambda folder: os.truncate(os.path.join(folder, "model.safetensors"), 999)),
    "pickle-alone": _use(lambda folder: os.remove(os.path.join(folder, "model.safetensors"))),
    "generator-as-discriminator": given(
        lambda place: os.path.join(os.path.dirname(place.exported()), "generator"),
        lambda place, folder: discriminator.load(folder)),
    "sentence-of-bytes": given(
        Place.exported, lambda place, folder: loading.load_encoder(folder).encode(b"uno")),
})  # fmt: skip


# -- labelled files -------------------------------------------------------------------------------------------


def _labelled(content, kind="tokens", name="mine.tsv", **settings):
    return given(lambda place: place.write(name, content),
                 lambda place, path: tasks.load(kind, path, **settings))  # fmt: skip


TAGGED = "".join("El\tDET\npájaro%d\tNOUN\ncanta\tVERB\n\n" % number for number in range(40))
SENTENCES = "".join("El pájaro %d canta\t%s\n" % (number, ["bien", "mal"][number % 2]) for number in range(40))
SCORES = "".join("El pájaro %d canta\t%d,5\n" % (number, number % 5) for number in range(40))
several("labels-", {
    "score-in-words": _labelled(SCORES.replace("\t3,5", "\tmucho"), "scores"),
    "scores-all-alike": _labelled("".join("El pájaro %d canta\t3\n" % number for number in range(40)), "scores"),
    "scores-for-classes": _labelled(SCORES, "sentences"),
    "one-column": _labelled("El\npájaro\n\n"),
    "one-column-midway": _labelled(TAGGED.replace("pájaro7\tNOUN", "pájaro7")),
    "sentences-one-column": _labelled("El pájaro canta\nEl perro ladra\n", "sentences"),
    "sentences-one-column-midway": _labelled(SENTENCES.replace("7 canta\tmal", "7 canta"), "sentences"),
    "label-empty": _labelled(TAGGED.replace("pájaro7\tNOUN", "pájaro7\t")),
    "file-empty": _labelled("\n\n"),
    "latin-1": _labelled(TAGGED.encode("latin-1")),
    "gzip-cut-short": _labelled(gzip.compress(TAGGED.encode())[:-20], name="mine.tsv.gz"),
    "gzip-damaged": _labelled(gzip.compress(TAGGED.encode())[:30] + b"damage" * 20, name="mine.tsv.gz"),
    "gzip-not": _labelled(TAGGED, name="mine.tsv.gz"),
    "one-label": _labelled(TAGGED.replace("DET", "X").replace("NOUN", "X").replace("VERB", "X")),
    "too-few": _labelled(TAGGED[: TAGGED.index("\n\n") + 2]),
    "no-such-column": _labelled("texto\tclase\nEl pájaro canta\tbien\n", "sentences", columns=("texto", "label")),
    "missing": lambda place: lambda: tasks.load("tokens", place.path("nowhere.tsv")),
    "directory": lambda place: lambda: tasks.load("tokens", place.folder),
    "kind-mistyped": _labelled(TAGGED, "token"),
})  # fmt: skip


# -- the notebook's form --------------------------------------------------------------------------------------


def _form(**given):
    return lambda place: lambda: presets.load("", given)


several("form-", {
    "data-dir-list": _form(DATA_DIR=["data"]),
    "train-size-text": _form(TRAIN_SIZE="a lot"),
    "length-fraction": _form(MAX_SEQ_LENGTH=12.5),
    "learning-rate-text": _form(LEARNING_RATE="fast"),
    "hparams-list": _form(HPARAMS=["eval_steps", 5]),
    "hparams-half-json": _form(HPARAMS='{"eval_steps": '),
    "one-sentence-text": _form(ONE_SENTENCE_PER_EXAMPLE="perhaps"),
    "name-mistyped": _form(NUM_TRAIN_STEP=50),
    "said-twice": _form(NUM_TRAIN_STEPS=5, HPARAMS={"num_train_steps": 6}),
    "preset-mistyped": lambda place: lambda: presets.load("smaple"),
    "drive-absolute": _form(DRIVE=True, DATA_DIR="/data"),
    "language-unknown": lambda place: lambda: plan.check(dict(LANGUAGE="espanol")),
    "language-of-another-text": lambda place: lambda: plan.check(dict(LANGUAGE="ca", CORPUS="sample")),
    "machine-unknown": lambda place: lambda: plan.check(dict(MACHINE="K80")),
    "no-hours": lambda place: lambda: plan.check(dict(HOURS=0)),
})  # fmt: skip


@case
def form_values_as_text(place):
    """What papermill's -p hands over is read as what it means."""

    def check():
        found = presets.load("", dict(TRAIN_SIZE="5", ONE_SENTENCE_PER_EXAMPLE="true", HPARAMS='{"seed": 1}'))
        assert found.train_size == 5 and found.one_sentence_per_example is True and found.hparams["seed"] == 1

    return check
