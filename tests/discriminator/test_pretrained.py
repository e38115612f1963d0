"""Importing PyTorch and transformers, which takes seconds: in a notebook it shows that it lives."""

import importlib
import importlib.util
import sys
import types

import pytest

from helpers.base import progress
from helpers.base.errors import TutorialError
from helpers.discriminator import loading


@pytest.fixture
def shown(monkeypatch):
    """What a view in a notebook is given; the libraries are stand-ins that no one has imported yet."""
    found = []

    class View:
        def __init__(self, curve=None):
            pass

        def show(self, history, settled):
            found.append(history.now())

    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr(progress, "NotebookView", View)
    # A copy, since Python takes its modules apart in their order when it ends, and PyTorch minds another order.
    others = {name: module for name, module in sys.modules.items() if name not in ("torch", "transformers")}
    monkeypatch.setattr(sys, "modules", others)
    monkeypatch.setattr(importlib, "import_module", lambda name: sys.modules.setdefault(name, types.ModuleType(name)))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    return found


def test_a_first_import_shows_that_it_lives_and_a_second_says_nothing(shown):
    loading.libraries()
    assert any(line.startswith("importing") for line in shown)
    assert shown[-1].startswith("Loading PyTorch and transformers: 2 packages in ")
    before = list(shown)
    loading.libraries()
    assert shown == before


def test_nothing_is_shown_outside_of_a_notebook(shown, monkeypatch):
    monkeypatch.setattr(progress, "in_notebook", lambda: False)
    loading.libraries()
    assert not shown


def test_what_is_not_there_is_one_sentence_and_no_bar(shown, monkeypatch):
    def missing(name):
        raise ImportError("no", name=name)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(TutorialError, match="this Python has no torch: pip install torch transformers"):
        loading.libraries()
    assert not shown
