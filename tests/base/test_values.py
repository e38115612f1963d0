"""Truth values are read in one way, wherever they are given as text."""

import pytest

from helpers.base.errors import TutorialError
from helpers.base.values import truth
from helpers.data.dataset.__main__ import parser
from helpers.pretraining import hyperparameters
from helpers.tutorial.presets import parameters

WORDS = {"true": True, "True": True, " YES ": True, "1": True, "false": False, "False": False, "no": False, "0": False}


def of_the_command_line(word):
    needed = ["--corpus-dir", "c", "--vocab-file", "v", "--output-dir", "o"]
    return parser().parse_args(needed + ["--blanks-separate-docs", word]).blanks_separate_docs


def of_a_hyperparameter(word):
    return hyperparameters.resolve({"keep_best": word}).keep_best


def of_a_notebook(word):
    name = "ONE_SENTENCE_PER_EXAMPLE"
    return parameters.convert(name, word, parameters.TABLE[name].kind)


READERS = (truth, of_the_command_line, of_a_hyperparameter, of_a_notebook)


@pytest.mark.parametrize("read", READERS)
def test_a_word_means_the_same_everywhere(read, capsys):
    assert {word: read(word) for word in WORDS} == WORDS
    for word in ("", "maybe", "2", "none", "truefalse"):
        with pytest.raises((ValueError, TutorialError, SystemExit)):
            read(word)


def test_what_is_a_truth_value_already_stays_one():
    assert [truth(value) for value in (True, False, 1, 0)] == [True, False, True, False]


def test_a_command_line_says_what_it_could_not_read(capsys):
    with pytest.raises(SystemExit):
        of_the_command_line("maybe")
    assert "--blanks-separate-docs: 'maybe' is neither true nor false" in capsys.readouterr().err
