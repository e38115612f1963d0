"""Feeds mutilated input to the readers that meet other people's bytes: nothing but a TutorialError may come out.

    python tests/support/fuzz.py [--seconds 60] [--seed N]     # make fuzz

An input that breaks a reader is kept in build/fuzz/, and the run ends with code 1 and its name.
"""

import argparse
import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import quopri
import random
import sys
import tarfile
import time
import traceback
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from helpers.base.errors import TutorialError
from helpers.data import vocabulary
from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.text import MAX_LINE_BYTES
from helpers.pretraining import hyperparameters

FOLDER = os.path.join(ROOT, "build", "fuzz")
WORDS = ("Los pájaros están cantando.\n¿Qué?\n\n¡No! 日本 🐦\r\n" * 4).encode("utf-8")
SETTINGS = dict(
    learning_rate=0.0005, model_size="tiny", train_batch_size=8, do_lower_case="false", mask_prob=0.15, seed=1,
    vocab_size=None, model_hparam_overrides=dict(hidden_size=64, num_attention_heads=2),
)  # fmt: skip
PIECES = [b"\0", b"\x1f\x8b", b"\n", b"\r", b"\xe2\x80\xa8", b" " * 300]
PIECES += [
    b"NaN",
    b"1e999",
    b"-0",
    b"null",
    b"true",
    b"[",
    b"{",
    b'"',
    b"[]",
    b"{}",
    b"\\u0000",
    b"\\ud800",
    b"9" * 400,
]


def read_corpus(*names):
    """The corpus reader for files of these names, in blocks of an odd size; its lines must be clean."""

    def read(data):
        for name in names:
            blocks = (data[start : start + 777] for start in range(0, len(data), 777))
            for lines in formats.read(blocks, name, Tally(), formats.Options(split_lines=len(data) % 2 == 0)):
                for line in lines:
                    assert line == line.strip() and "\n" not in line and len(line.encode("utf-8")) <= MAX_LINE_BYTES * 3
                    assert line.splitlines() in ([line], [])

    return read


def read_hparams(data):
    """--hparams, up to the checked settings."""
    hparams = hyperparameters.resolve(hyperparameters.parse(data.decode("utf-8", "replace")), "data")
    json.dumps(hyperparameters.as_dict(hparams), allow_nan=False)


def read_vocabulary(data):
    """vocab.txt."""
    assert len(vocabulary.parse(data, "vocab.txt")) >= len(vocabulary.SPECIAL_TOKENS)


CASES = os.path.join(ROOT, "tests", "cases", "text")


def cases(*names):
    """The beginnings of files as people have them."""
    for name in names:
        with open(os.path.join(CASES, name), "rb") as file:
            yield file.read(6000)


def zipped():
    """A zip of two texts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", WORDS)
        archive.writestr("b/b.srt", next(cases("movie.srt")))
    return buffer.getvalue()


def tarred():
    """A tar of one text."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = len(WORDS)
        archive.addfile(entry, io.BytesIO(WORDS))
    return buffer.getvalue()


TMX = b'<tmx version="1.4"><body><tu><tuv xml:lang="es"><seg>Hola <ph>x</ph></seg></tuv></tu></body></tmx>'
JSON = [
    b'{"a": {"text": "uno"}, "b": [{"content": "dos"}, {"content": null}]}\n' * 2,
    b'sep=;\nid;text\n1;"uno"x";\n',
    b'[{"text": "uno", "id": 1}, {"text": "dos"}]',
    b'{"data": [{"text": "uno"}]}',
    b'["uno", "dos"]',
]
XLIFF = b'<xliff><file source-language="en" target-language="es"><trans-unit><source>Hi</source><target>Hola</target>'
SAMPLES = WORDS.decode("utf-8")
DISGUISED = [
    json.dumps(SAMPLES).encode(), base64.encodebytes(WORDS * 9), quopri.encodestring(WORDS), SAMPLES.encode("utf-7"),
    WORDS.decode("latin-1").encode("utf-8"), WORDS.decode("mac_roman").encode("utf-8"),
    SAMPLES.encode("ascii", "xmlcharrefreplace"), "日本 你好\n".encode("hz") * 9, "새들이\n".encode("iso2022_kr") * 9,
    b'msgid "a"\nmsgstr "b"\n', b"[0][9]Hola\n" * 9, b"<div><p>Hola</p></div>\n" * 9, b"<x>a</x>\n" * 9,
    WORDS + SAMPLES.encode("utf-16-le"), SAMPLES.replace("\n", "\u2028").encode("utf-8"),
    b"".join((line + "\n").encode(name) for line in ("¿Qué año?", "Mañana sí") for name in ("utf-8", "cp1252") * 9),
]  # fmt: skip
TARGETS = {
    "corpus": (read_corpus("any.txt", "any.txt.gz"), [WORDS, gzip.compress(WORDS), gzip.compress(WORDS * 3, 1)]),
    "corpus-packed": (read_corpus("any.txt", "any.zip"),
                      [bz2.compress(WORDS), lzma.compress(WORDS), zipped(), tarred()]),
    "corpus-subtitles": (read_corpus("any.srt"),
                         list(cases("movie.srt")) + [
                             b"WEBVTT\n\n00:01.000 --> 00:02.000\nHo<00:00:01.000><c>la</c>\n" * 2,
                             b"0:00:01.000,0:00:02.000\nHola[br]\n\n" * 3]),
    "corpus-markup": (read_corpus("any.xml"),
                      list(cases("opus.xml", "wikiextractor.txt", "conllu.txt")) + [TMX, XLIFF]),
    "corpus-tables": (read_corpus("any.csv", "any.jsonl", "any.json"),
                      list(cases("corpus.csv", "corpus.jsonl")) + JSON),
    "corpus-disguised": (read_corpus("any.txt"), DISGUISED),
    "corpus-encodings": (read_corpus("any.txt"), list(cases("cp1252.txt", "cp1251.txt", "big5.txt", "mojibake.txt"))
                         + [WORDS.decode("utf-8").encode(encoding) for encoding in ("utf-16", "utf-32", "gb18030")]),
    "hparams": (read_hparams, [json.dumps({name: value}).encode() for name, value in SETTINGS.items()]
                + [json.dumps({k: v for k, v in SETTINGS.items() if v is not None}).encode(), b"{}"]),
    "vocabulary": (read_vocabulary, ["\n".join(vocabulary.SPECIAL_TOKENS + ("uno", "##s")).encode()]),
}  # fmt: skip


def mutilated(draw, seeds):
    """One of the seeds with a few things changed, lost, doubled or put in."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 6)):
        place, size = draw.randint(0, len(data)), draw.choice([1, 1, 2, 8, 64])
        way = draw.randrange(5)
        if way == 0:
            data[place : place + size] = draw.choice(PIECES)
        elif way == 1:
            del data[place : place + size]
        elif way == 2:
            data[place:place] = data[place : place + size] * draw.choice([1, 2, 50])
        elif way == 3 and place < len(data):
            data[place] = draw.randrange(256)
        else:
            other = draw.choice(seeds)
            data[place:] = other[draw.randint(0, len(other)) :]
    return bytes(data[: 1 << 16])


def broken_by(reader, data):
    """The traceback when ``reader`` raises anything but a TutorialError at ``data``, else None."""
    try:
        reader(data)
    except TutorialError as error:
        return None if "\n" not in str(error) else "more than one line: %r" % str(error)
    except Exception:
        return traceback.format_exc()
    return None


def run(targets, draw, more):
    """Try inputs while ``more()``; (tries, name of the target, input, traceback) of the first that breaks one."""
    tries = 0
    while more():
        for name, (reader, seeds) in targets.items():
            data = mutilated(draw, seeds)
            tries += 1
            trouble = broken_by(reader, data)
            if trouble:
                return tries, name, data, trouble
    return tries, None, None, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, help="repeats a run (default: another each time)")
    options = parser.parse_args()
    seed = random.randrange(2**31) if options.seed is None else options.seed
    end = time.monotonic() + options.seconds
    tries, name, data, trouble = run(TARGETS, random.Random(seed), lambda: time.monotonic() < end)
    if name is None:
        print("%d inputs, seed %d: nothing but clear sentences" % (tries, seed))
        return 0
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "%s-%s" % (name, hashlib.sha256(data).hexdigest()[:12]))
    with open(path, "wb") as file:
        file.write(data)
    print("%s\nThe reader of %s is broken by %s (input %d of seed %d)." % (trouble, name, path, tries, seed))
    return 1


if __name__ == "__main__":
    sys.exit(main())
