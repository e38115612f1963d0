"""The page of commands is whole: every option, target, variable and parameter, as they are today."""

import pytest

from tools import reference_commands

pytest.importorskip("helpers.pretraining.network.runtime")  # one of the programs counts a graph's operations


def test_the_page_is_of_today():
    with open(reference_commands.PAGE, encoding="utf-8") as file:
        assert file.read() == reference_commands.page(), "run `make reference`"


def test_all_variables_have_a_meaning():
    read = reference_commands.environment_variables()
    assert not read - set(reference_commands.VARIABLES) - reference_commands.INTERNAL
    assert set(reference_commands.make_variables()) == set(reference_commands.MAKE_VARIABLES)


def test_all_commands_are_found():
    found = reference_commands.modules()
    for name in ("helpers.environment.__main__", "helpers.tutorial.__main__", "benchmarks.recipes", "tools.links"):
        assert name in found
    for name in found:
        assert reference_commands.parser_of(name).description, name
