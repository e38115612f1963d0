"""helpers/data/corpus/split.py: documents are never on both sides, and both sides get what they should."""

import itertools
import random
import sys

import pytest

from helpers.data.corpus.split import Dropped, held_out_size, split, two_texts


def documents(sizes):
    return [["%d.%d" % (number, line) for line in range(size)] for number, size in enumerate(sizes)]


def stream(texts):
    for text in texts:
        for line in text:
            yield line
        yield ""


def sides(lines, *arguments):
    train, valid = [], []
    for held_out, _, unit in split(lines, *arguments):
        assert unit
        (valid if held_out else train).extend(unit)
    return train, valid


def document_numbers(lines):
    return {line.split(".")[0] for line in lines}


def test_text_that_is_made_to_be_held_out():
    """Lines of the first text train and those of the second are held out, as many as were asked for."""
    train, valid = (itertools.cycle(list(stream(documents(sizes)))) for sizes in ([3, 4], [2, 2]))
    found = list(two_texts(train, valid, 5, 3))
    assert found == [
        (False, 1, ["0.0", "0.1", "0.2"]),
        (False, 2, ["1.0", "1.1"]),
        (True, 3, ["0.0", "0.1"]),
        (True, 4, ["1.0"]),
    ]


@pytest.mark.parametrize(
    "train_size, size", [(1, 1), (10, 2), (1000, 200), (20000, 500), (10**6, 10000), (10**9, 50000)]
)
def test_held_out_size(train_size, size):
    assert held_out_size(train_size) == size


def test_any_corpus():
    source = random.Random(3)
    for _ in range(2000):
        sizes = [source.choice([1, 2, 5, 20, 60]) for _ in range(source.choice([1, 2, 3, 10, 40]))]
        texts, total = documents(sizes), sum(sizes)
        train_size, valid_size = source.choice([None, 10**6, 1, 5, 50, 200]), source.choice([None, None, 1, 7, 30])
        train, valid = sides(stream(texts), train_size, valid_size, source.randrange(3))
        order = {line: place for place, line in enumerate(line for text in texts for line in text)}
        for side in (train, valid):
            assert [order[line] for line in side] == sorted(order[line] for line in side)
        assert not set(train) & set(valid)
        if total > 1:
            assert train and valid
        if train_size is None or total <= train_size:
            assert len(train) + len(valid) == total  # nothing is lost
            if len(sizes) > 1:
                assert not document_numbers(train) & document_numbers(valid)
        else:
            assert len(train) <= train_size
        if train_size and total > train_size + (valid_size or held_out_size(train_size)) + 120:
            assert len(train) == train_size


def test_long_documents_do_not_make_much_more_held_out_than_wanted():
    texts = documents([9600] * 8 + [100] * 40)
    random.Random(1).shuffle(texts)
    for seed in range(20):
        train, valid = sides(stream(texts), 10**6, 900, seed)
        assert len(valid) == 900 and len(train) + len(valid) == sum(map(len, texts))
    train, valid = sides(stream(documents([9600] * 3)), 10**6, 900)
    assert len(valid) == 9600, "there is no shorter one"


def test_chapters_do_not_tear_documents(monkeypatch):
    monkeypatch.setattr(sys.modules[split.__module__], "CHAPTER_LINES", 100)
    source = random.Random(4)
    for seed in range(200):
        texts = documents([source.randrange(1, 60) for _ in range(100)])
        train, valid = sides(stream(texts), 10**6, 60000, seed)
        assert len(train) + len(valid) == sum(map(len, texts))
        assert valid and not document_numbers(train) & document_numbers(valid)


@pytest.mark.parametrize("blank_lines", [False, True])
def test_large_corpora_give_what_was_asked_for(blank_lines):
    texts = documents([20] * 15000)
    lines = stream(texts) if blank_lines else (line for text in texts for line in text)
    train, valid = sides(lines, 200000)
    assert len(train) == 200000 and 1980 <= len(valid) <= 2100
    left = sum(1 for line in lines if line)
    assert 300000 - left == len(train) + len(valid)  # no more was read than used


def test_a_stray_blank_line_in_unbroken_text_does_no_harm():
    lines = ["l"] * 50000 + [""] + ["l"] * 450000
    train, valid = sides(lines, 400000)
    assert len(train) == 400000 and 3900 <= len(valid) <= 4100


def test_blocks_are_spread_and_do_not_exceed_a_thousand_lines():
    units = list(split(("%d" % line for line in range(10**6 + 60000)), 10**6, 50000))
    held_out = [lines for held, _, lines in units if held]
    assert max(map(len, held_out)) <= 1000
    places = [int(lines[0]) for lines in held_out]
    assert min(places) < 100000 and max(places) > 900000


def test_a_split_depends_on_the_seed_alone():
    texts = documents([10] * 500)
    first, again, other = (sides(stream(texts), 10**6, None, seed) for seed in (0, 0, 1))
    assert first == again and first[1] != other[1]


def test_the_same_document_never_stands_on_both_sides(monkeypatch):
    monkeypatch.setattr(sys.modules[split.__module__], "CHAPTER_LINES", 200)
    source = random.Random(5)
    for seed in range(60):
        originals = [["%d.%d" % (number, line) for line in range(source.randrange(1, 12))] for number in range(150)]
        texts = originals + [source.choice(originals) for _ in range(100)]
        source.shuffle(texts)
        dropped = Dropped()
        train, valid = sides(stream(texts), None, 200, seed, dropped)
        assert valid and not document_numbers(train) & document_numbers(valid)
        assert dropped.lines and len(train) + len(valid) + dropped.lines == sum(map(len, texts))
        assert dropped.documents == len(texts) - whole_documents(texts, train) - whole_documents(texts, valid)


def whole_documents(texts, lines):
    """How many of the texts' documents are in ``lines``, counted by their first lines."""
    firsts = {text[0] for text in texts}
    return sum(line in firsts for line in lines)


def test_one_document_over_and_over_is_divided_once():
    dropped = Dropped()
    train, valid = sides(stream([["%d" % line for line in range(40)]] * 50), None, 10, 0, dropped)
    assert sorted(train + valid, key=int) == ["%d" % line for line in range(40)] and 0 < len(valid) <= 20
    assert dropped.documents == 49 and dropped.lines == 49 * 40
