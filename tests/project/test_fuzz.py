"""The fuzz targets (tests/support/fuzz.py): a second of each in every test run, and proof that they would find
something."""

import random

import fuzz
import pytest


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_nothing_but_clear_sentences(name):
    left = iter(range(400))
    _, broken, data, trouble = fuzz.run(
        {name: fuzz.TARGETS[name]}, random.Random(8), lambda: next(left, None) is not None
    )
    assert broken is None, (data, trouble)


def test_seeds_are_accepted():
    """Mutilations of what would be refused anyway would never reach the inner parts."""
    for reader, seeds in fuzz.TARGETS.values():
        assert any(_accepts(reader, data) for data in seeds)


def _accepts(reader, data):
    try:
        reader(data)
    except fuzz.TutorialError:
        return False
    return True


def test_a_reader_that_breaks_is_found():
    def reader(data):
        data.decode("utf-8")

    left = iter(range(400))
    tries, broken, data, trouble = fuzz.run({"text": (reader, [fuzz.WORDS])}, random.Random(8), lambda: next(left, 0))
    assert (tries, broken) == (0, None)  # `more` is asked first
    tries, broken, data, trouble = fuzz.run({"text": (reader, [fuzz.WORDS])}, random.Random(8), lambda: True)
    assert broken == "text" and "UnicodeDecodeError" in trouble and fuzz.broken_by(reader, data)
