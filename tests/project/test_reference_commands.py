"""The page of commands is whole: every option, target, variable and parameter, as they are today."""

import argparse
import ast
import glob
import importlib
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import threading

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


def test_every_program_has_a_help():
    """What runs when it is called has a parser; child_main shows its own text, before another's."""
    without = []
    for folder in reference_commands.FOLDERS:
        for path in glob.glob(os.path.join(reference_commands.PROJECT, folder, "**", "*.py"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if 'if __name__ == "__main__":' in text and "ArgumentParser(" not in text:
                without.append(os.path.relpath(path, reference_commands.PROJECT).replace(os.sep, "/"))
    assert without == ["helpers/environment/child_main.py"]


@pytest.mark.parametrize("name", reference_commands.modules())
def test_help_starts_no_work(name, monkeypatch, capsys):
    def refuse(*arguments, **_):
        raise AssertionError(f"{name} --help does something: {arguments}")

    module = importlib.import_module(name)
    monkeypatch.delitem(sys.modules, name)  # runpy would wonder at it
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    environment = dict(os.environ)
    for owner, function in (
        (subprocess, "Popen"), (os, "mkdir"), (os, "makedirs"), (os, "rename"), (os, "remove"), (shutil, "rmtree"),
        (socket, "create_connection"), (threading.Thread, "start"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, function, refuse)
    with pytest.raises(SystemExit) as ended:
        if name.startswith("tools."):  # scripts
            runpy.run_path(module.__file__, run_name="__main__")
        else:
            runpy.run_module(name, run_name="__main__")
    assert not ended.value.code and "usage: " in capsys.readouterr().out
    assert dict(os.environ) == environment  # which later tests, and what they start, would inherit


# Options and arguments of text where nothing is a value too: it follows what is found, or is nobody's path.
MAY_BE_EMPTY = {
    "--column", "--encoding", "--language", "--columns", "SENTENCE", "sentences", "TABLE", "-k", "OWNER/NAME", "names",
    "cell_id", "notebook", "picture",
}  # fmt: skip


def of_text(parser):
    """The options and arguments of a parser, and of its commands, that take one text or several of a kind."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from of_text(command)
        elif action.nargs != 0 and not action.choices and not isinstance(action.metavar, tuple):
            yield action


@pytest.mark.parametrize("name", reference_commands.modules())
def test_an_empty_value_is_no_path(name):
    """As a shell gives "$FOLDER" where there is none: as a path it would be the working directory."""
    for action in of_text(reference_commands.parser_of(name)):
        spoken = action.option_strings[-1] if action.option_strings else action.metavar or action.dest
        if spoken not in MAY_BE_EMPTY and spoken not in ("NAME", "--only", "--no-scratch"):
            assert action.type is not None, f"{name} {spoken}"
            with pytest.raises((argparse.ArgumentTypeError, ValueError)):
                action.type("")


def spoken(parser):
    """The options and arguments of a parser, and of its commands, beside the commands themselves."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from spoken(command)
        else:
            yield action


@pytest.mark.parametrize("name", reference_commands.modules())
def test_help_says_of_every_option_what_it_does_and_in_plain_words(name):
    parser = reference_commands.parser_of(name)
    for action in spoken(parser):
        assert (action.help or "").strip(), f"{name} {action.option_strings or action.dest}"
    assert not re.findall(r":\w+:`", parser.format_help()), "a link of the programmers' own"


def destinations(parser):
    """The names under which a parser, and its commands, keep what was given."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from destinations(command)
        elif action.default != argparse.SUPPRESS:
            yield action.dest


@pytest.mark.parametrize("name", reference_commands.modules())
def test_every_option_is_read(name):
    """One that no line of the command's folder reads would have no effect.

    What counts is ``arguments.NAME``, ``options.NAME`` or ``parse_args().NAME``: an attribute of anything else may be
    called the same.
    """
    path = os.path.join(reference_commands.PROJECT, *name.split(".")) + ".py"
    paths = [path]
    if name.startswith("helpers."):
        paths += glob.glob(os.path.join(os.path.dirname(path), "**", "*.py"), recursive=True)
    read = set()
    for each in paths:
        with open(each, encoding="utf-8") as file:
            nodes = list(ast.walk(ast.parse(file.read())))
        read.update(node.attr for node in nodes if isinstance(node, ast.Attribute) and parsed(node.value))
        called = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        called = [node.func.id for node in called if node.args and parsed(node.args[0])]
        if "vars" in called:
            return  # all of them are handed on by their names
        if "getattr" in called:  # by names that stand in the text
            texts = [node.value if isinstance(node, ast.Constant) else node.s for node in nodes if is_text(node)]
            read.update(word for text in texts for word in text.split())
    assert not set(destinations(reference_commands.parser_of(name))) - read


def parsed(node):
    """Whether a node is what a parser has made of the command line: by its name, or as it comes from the parser."""
    while isinstance(node, ast.Call):
        node = node.func
    name = getattr(node, "id", None) or getattr(node, "attr", "")
    return name.strip("_") in ("arguments", "options", "parse_args")


def is_text(node):
    """Whether a node is a text in the code, which Python 3.7 calls another thing."""
    kinds = (ast.Constant,) if sys.version_info >= (3, 8) else (ast.Str,)
    return isinstance(node, kinds) and isinstance(getattr(node, "value", getattr(node, "s", None)), str)
