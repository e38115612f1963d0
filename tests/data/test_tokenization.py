"""The tokenizer equals the reference's, one line at a time and a chunk at a time."""

import collections
import gzip
import json
import random
import unicodedata

import numpy as np
import pytest
import small_corpus

from helpers.base.errors import TutorialError
from helpers.data.vocabulary import chunk_tokens, word_lookup, wordpiece
from helpers.data.vocabulary.characters import category, is_dropped, stands_alone
from helpers.data.vocabulary.chunk_tokens import ChunkTokenizer
from helpers.data.vocabulary.tokenization import Tokenizer

SETTINGS = [(False, False), (True, True), (True, False)]


@pytest.fixture(scope="module")
def vocab_file(tmp_path_factory):
    return small_corpus.vocabulary(tmp_path_factory.mktemp("vocabulary"))


@pytest.fixture(scope="module")
def reference(shared, tmp_path_factory):
    """(lines of the reference's tokenization, {vocabulary: path})."""
    folder = shared / "reference" / "dataset"
    unpacked = tmp_path_factory.mktemp("mbert") / "vocab.txt"
    unpacked.write_bytes(gzip.decompress((shared / "mbert" / "vocab.txt.gz").read_bytes()))
    with gzip.open(str(folder / "tokenization.jsonl.gz"), "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return lines, {"mbert": str(unpacked), "small": str(folder / "vocab_small.txt")}


@pytest.mark.parametrize("vocab", ["mbert", "small"])
@pytest.mark.parametrize("lower, strip", SETTINGS)
def test_every_reference_line_line_by_line_and_in_one_chunk(reference, vocab, lower, strip):
    lines, vocabularies = reference
    tokenizer = Tokenizer(vocabularies[vocab], lower, strip, cut_long_words=False)
    cutting = Tokenizer(vocabularies[vocab], lower, strip)
    keys = ("vocab", "do_lower_case", "strip_accents")
    lines = [line for line in lines if tuple(line[key] for key in keys) == (vocab, lower, strip)]
    assert len(lines) > 1000
    for line in lines:
        assert tokenizer.ids(line["text"]) == line["ids"], repr(line["text"])
        if not tokenizer.long_words(line["text"]):
            assert cutting.ids(line["text"]) == line["ids"], repr(line["text"])
    # A line with \n in it is several, and \r is dropped where files are read.
    whole = [line for line in lines if not set("\r\n") & set(line["text"])]
    chunks = ChunkTokenizer(tokenizer)
    for _ in range(2):  # words are new, then remembered
        sentences = chunks("".join(line["text"] + "\n" for line in whole).encode())
        assert sentences.tokens.tolist() == [number for line in whole for number in line["ids"]]
        assert sentences.lengths.tolist() == [len(line["ids"]) for line in whole if line["ids"]]


def test_what_each_rule_does(vocab_file):
    def words(text, lower=False, strip=None):
        return Tokenizer(vocab_file, lower, strip).words(text)

    assert words("a$b^c`d_e") == ["a", "$", "b", "^", "c", "`", "d", "_", "e"]
    assert words("¿Qué?«sí»…") == ["¿", "Qué", "?", "«", "sí", "»", "…"]
    assert words("el\u00a0agua\u2003y\u2028no\x85sí\x0bque") == ["el", "agua", "y", "nosíque"]
    assert words("a\0b\ufffdc\u200bd\u00ade") == ["abcde"]
    assert words("agua中文y") == ["agua", "中", "文", "y"]
    assert words("PÁJARO İ", lower=True) == ["pajaro", "i"]
    assert words("PÁJARO İ", lower=True, strip=False) == ["pájaro", "i\u0307"]
    assert words("PÁJARO", lower=False) == ["PÁJARO"]
    assert words("ΑΣ ΑΣ.Β", lower=True, strip=False) == ["ας", "ασ", ".", "β"]


def test_longest_piece_first_and_unknown_words(vocab_file):
    tokenizer = Tokenizer(vocab_file, False)
    names = {number: token for token, number in tokenizer.vocabulary.items()}

    def pieces(text):
        return [names[number] for number in tokenizer.ids(text)]

    assert pieces("hablandoción") == ["hablando", "##ción"]
    assert pieces("noes") == ["no", "##es"]
    assert pieces("xyz") == ["[UNK]"]
    assert pieces("niñox") == ["[UNK]"]
    assert pieces("a" * 200) == ["a"] + ["##a"] * 199
    assert pieces("a" * 401) == 2 * (["a"] + ["##a"] * 199) + ["a"]
    assert pieces("a" * 201 + ".") == ["a"] + ["##a"] * 199 + ["a", "."]
    assert tokenizer.long_words("a " + "a" * 401 + " " + "b" * 201) == 2
    tokenizer = Tokenizer(vocab_file, False, cut_long_words=False)
    assert pieces("a" * 201) == ["[UNK]"]


def test_characters_are_those_of_unicode_11_on_every_python(vocab_file):
    assert category("\U0001f972") == "Cn"  # a face of Unicode 13: dropped
    assert category("\U0001f642") == "So"
    assert category("\u166d") == "Po" and category("\ua9bd") == "Mc"
    assert Tokenizer(vocab_file, False).words("a\U0001f972b") == ["ab"]
    if unicodedata.unidata_version == "11.0.0":
        assert all(category(chr(code)) == unicodedata.category(chr(code)) for code in range(0x110000))


@pytest.mark.parametrize("lower, strip", SETTINGS)
def test_a_chunk_equals_its_lines(vocab_file, lower, strip):
    tokenizer = Tokenizer(vocab_file, lower, strip)
    chunks = ChunkTokenizer(tokenizer)
    for seed in range(4):
        text = small_corpus.text(seed, 300, odd=True)[: -1 if seed % 2 else None]
        lines = text.split("\n")[: None if seed % 2 else -1]
        expected = [tokenizer.ids(line) for line in lines]
        sentences = chunks(text.encode())
        assert sentences.tokens.tolist() == [number for ids in expected for number in ids]
        assert sentences.lengths.tolist() == [len(ids) for ids in expected if ids]
        before = np.cumsum([0] + [bool(ids) for ids in expected])
        assert sentences.breaks.tolist() == [before[i] for i, line in enumerate(lines) if not line.strip()]


@pytest.mark.parametrize("lower, strip", SETTINGS)
def test_text_without_blanks_equals_its_lines(vocab_file, lower, strip):
    with open(vocab_file, encoding="utf-8") as file:
        tokens = (
            file.read().split()
            + list("今天气很好我们去公园吧鳥が庭で歌って、。！《》")
            + ["##" + c for c in "がでてっ中"]
        )
    tokenizer = Tokenizer.of(list(dict.fromkeys(tokens)), lower, strip)
    draw = random.Random(3)
    pieces = list("今天气很好我们去公园吧鳥が庭で歌って、。！：《》〈㐀䶿䷀鿿一龥豈𠀀ΑΣßİé") + [
        "agua",
        "\u200b",
        " ",
        "ΑΣ",
    ]
    for sigma in True, False:
        chosen = [piece for piece in pieces if sigma or "Σ" not in piece]
        lines = ["".join(draw.choice(chosen) for _ in range(draw.randrange(60))) for _ in range(400)]
        expected = [tokenizer.ids(line) for line in lines]
        sentences = ChunkTokenizer(tokenizer)("\n".join(lines).encode())
        assert sentences.tokens.tolist() == [number for ids in expected for number in ids]
        assert sentences.lengths.tolist() == [len(ids) for ids in expected if ids]


def test_what_is_cut_out_in_advance_stands_alone():
    cut = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    cut = [character for character in cut if chunk_tokens._ALONE.search(character.encode())]
    assert len(cut) > 20000 and all(stands_alone(character) and not is_dropped(character) for character in cut)


@pytest.mark.parametrize("lower, strip", SETTINGS)
@pytest.mark.parametrize("cut", [True, False])
def test_what_is_unknown_is_counted_and_named(vocab_file, lower, strip, cut):
    tokenizer = Tokenizer(vocab_file, lower, strip, cut)
    chunks = ChunkTokenizer(tokenizer)
    unknown = tokenizer.vocabulary["[UNK]"]
    for seed in range(3):
        text = small_corpus.text(seed, 300, odd=True)
        lines = text.split("\n")[:-1]
        words = [word for line in lines for word in tokenizer.words(line)]
        expected = collections.Counter(word for word in words if unknown in tokenizer.pieces(word))
        sentences = chunks(text.encode())
        assert sentences.unknown == sum(expected.values()) > 50
        assert sentences.unknown_words == expected and len(expected) > 5
        assert sentences.wordless == sum(1 for line in lines if line.strip() and not tokenizer.ids(line))
        assert sentences.long_words == text.count("z" * 201) > 0


def test_carriage_returns_go_wherever_they_stand(vocab_file):
    chunks = ChunkTokenizer(Tokenizer(vocab_file, False))
    assert chunks(b"el a\rgua\r\n\r\nno\r\n").tokens.tolist() == chunks(b"el agua\n\nno").tokens.tolist()
    assert chunks(b"el\r\n\r\nno\r\n").breaks.tolist() == [1]
    assert len(chunks(b"").tokens) == len(chunks(b"\r\r").tokens) == 0


def test_words_that_share_a_hash_are_told_apart(vocab_file, monkeypatch):
    tokenizer = Tokenizer(vocab_file, False)
    text = small_corpus.text(5, 60, odd=True)
    expected = ChunkTokenizer(tokenizer)(text.encode())
    monkeypatch.setattr(chunk_tokens, "MULTIPLIER", np.uint64(0))
    monkeypatch.setattr(wordpiece, "BASE", np.uint64(0))
    colliding = ChunkTokenizer(tokenizer)
    for _ in range(2):
        for found, right in zip(colliding(text.encode()), expected):
            assert np.array_equal(found, right)


def test_a_full_memory_of_words_starts_afresh(vocab_file, monkeypatch):
    tokenizer = Tokenizer(vocab_file, False)
    monkeypatch.setattr(chunk_tokens, "MOST_WORDS", 10)
    chunks = ChunkTokenizer(tokenizer)
    text = small_corpus.text(6, 50)
    for _ in range(3):
        assert chunks(text.encode()).tokens.tolist() == tokenizer.ids(text)


def test_thousands_of_words_at_once_equal_one_by_one(vocab_file):
    tokenizer = Tokenizer(vocab_file, False)
    generator = random.Random(7)
    words = ["".join(generator.choice("aabcnosreá中1") for _ in range(generator.randint(1, 45))) for _ in range(3000)]
    words += ["a" * 200, "a" * 201, "sí", "##s", ""]
    ids, counts = wordpiece.WordPiece(tokenizer)(words)
    expected = [tokenizer.pieces(word) if word else [] for word in words]
    assert counts.tolist() == [len(pieces) for pieces in expected]
    assert ids.tolist() == [number for pieces in expected for number in pieces]
    ids, counts = wordpiece.WordPiece(tokenizer)([])
    assert len(ids) == len(counts) == 0


def test_hash_table_grows_and_finds():
    table = word_lookup.HashTable()
    hashes = np.random.RandomState(0).randint(1, 1 << 62, 20000).astype(np.uint64)
    for part in np.split(hashes, 5):
        table.add(part)
    assert table.find(hashes).tolist() == list(range(1, 20001))
    assert not table.find(hashes + np.uint64(1 << 63)).any()


@pytest.mark.parametrize(
    "content, said",
    [
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "lacks [MASK]"),
        (b"", "lacks [PAD], [UNK], [CLS], [SEP], [MASK]"),
        (b"[PAD]\nni\xf1o\n", "line 2 is not UTF-8"),
    ],
)
def test_a_bad_vocabulary_is_named(tmp_path, content, said):
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(TutorialError) as caught:
        Tokenizer(str(tmp_path / "vocab.txt"))
    assert said in str(caught.value) and "vocab.txt" in str(caught.value)


def test_a_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(TutorialError, match="there is no vocabulary at"):
        Tokenizer(str(tmp_path / "vocab.txt"))
