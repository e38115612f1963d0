"""How helpers/ is laid out: imports run down only, few files import TensorFlow, no folder is crowded."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# A folder imports from itself and from those named before it.
STEPS = ("base", "plots", "environment", "data", "pretraining", "discriminator", "conversion", "finetuning", "tutorial")
PARTS_OF_DATA = ("sample_corpus", "corpus", "vocabulary", "records", "dataset")
WITH_TENSORFLOW = {"helpers/base/remote.py", "helpers/pretraining/network/runtime.py"}
WITHOUT_PACKAGES = ("base", "environment")  # they run before anything is installed
MOST_ENTRIES = 10


def modules(root):
    """All Python files under helpers/, as paths relative to ``root``."""
    return sorted(path.relative_to(root) for path in (root / "helpers").rglob("*.py"))


def imported(tree, package):
    """Dotted names of all that a module of ``package`` (a list of names) imports, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = base + (node.module.split(".") if node.module else [])
            yield from (".".join(module + [alias.name]) for alias in node.names)


def runs_up(module, name):
    """Whether an import of ``name`` (``helpers.data.corpus.find``) in ``module`` (the same, of its file) runs up."""
    for order, place in ((STEPS, 1), (PARTS_OF_DATA, 2)):
        if place == 2 and not (module[1] == name[1] == "data"):
            continue
        here, there = (path[place] if len(path) > place else "" for path in (module, name))
        if here in order and (there not in order or order.index(there) > order.index(here)):
            return True
    return False


def formats_with_percent(tree):
    """Lines on which text is formatted with ``%``: the left side is text, by itself or by the name that it got."""
    texts = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_text(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            named = isinstance(node.left, ast.Name) and node.left.id in texts
            if named or _is_text(node.left) or isinstance(node.right, (ast.Tuple, ast.Dict)):
                yield node.lineno


def _is_text(node):
    try:
        return isinstance(node, ast.JoinedStr) or isinstance(ast.literal_eval(node), str)
    except ValueError:
        return False


def faults(root):
    """Everything under ``root`` that must not be, a sentence each."""
    yield from misplaced(root)
    yield from old_formatting(root)


def old_formatting(root):
    """Where text is formatted in another way than by f-strings, a sentence each."""
    for path in modules(root):
        tree = ast.parse((root / path).read_text(encoding="utf-8"))
        yield from (f"{path}, line {line} formats text with %" for line in formats_with_percent(tree))


def misplaced(root):
    """What the layout does not allow, a sentence each."""
    for path in modules(root):
        tree = ast.parse((root / path).read_text(encoding="utf-8"))
        module = list(path.with_suffix("").parts)
        for name in imported(tree, module[:-1]):
            parts = name.split(".")
            if parts[:2] == ["helpers", "tf1"]:
                yield f"{path} imports {name}, which is gone"
            elif parts[0] == "helpers" and (parts == ["helpers"] or runs_up(module, parts)):
                yield f"{path} imports {name}, which is not below it"
            elif parts[0] == "tensorflow" and path.as_posix() not in WITH_TENSORFLOW:
                yield f"{path} imports tensorflow"
    for folder in [root / "helpers"] + sorted(path for path in (root / "helpers").rglob("*") if path.is_dir()):
        entries = [name for name in os.listdir(folder) if not name.startswith(".") and name != "__pycache__"]
        if folder.name != "__pycache__" and len(entries) > MOST_ENTRIES:
            yield f"{folder.relative_to(root)} has {len(entries)} entries, more than {MOST_ENTRIES}"


def test_the_layout_holds():
    found = list(misplaced(ROOT))
    assert not found, "\n".join(found)
    assert set(STEPS) == {path.name for path in (ROOT / "helpers").iterdir() if (path / "__init__.py").exists()}
    assert set(PARTS_OF_DATA) == {path.parent.name for path in (ROOT / "helpers/data").glob("*/__init__.py")}


def test_text_is_formatted_by_f_strings():
    found = list(old_formatting(ROOT))
    assert not found, "\n".join(found)


def test_base_and_environment_need_no_package():
    names = [
        ".".join(path.with_suffix("").parts).replace(".__init__", "")
        for path in modules(ROOT)
        if path.parts[1] in WITHOUT_PACKAGES
    ]
    assert len(names) > 10
    code = "import importlib, sys; sys.path.insert(0, '.'); [importlib.import_module(name) for name in sys.argv[1:]]"
    ran = subprocess.run([sys.executable, "-SE", "-c", code, *names], cwd=ROOT, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize(
    "path, text, said",
    [
        ("base/x.py", "def f():\n    from helpers import plots\n", "imports helpers.plots, which is not below it"),
        ("base/x.py", "import helpers.data.corpus\n", "imports helpers.data.corpus, which is not below it"),
        ("base/x.py", "from ..plots import picture\n", "imports helpers.plots.picture, which is not below it"),
        ("plots/x.py", "from helpers.environment import child as c\n", "which is not below it"),
        ("tutorial/x.py", "import helpers\n", "imports helpers, which is not below it"),
        ("tutorial/x.py", "from helpers import cobwebs\n", "imports helpers.cobwebs, which is not below it"),
        ("tutorial/x.py", "from helpers.tf1 import codec\n", "imports helpers.tf1.codec, which is gone"),
        ("data/corpus/x.py", "from helpers.data import vocabulary\n", "which is not below it"),
        ("data/records/x.py", "from helpers.data.dataset import manifest\n", "which is not below it"),
        ("data/records/x.py", "from helpers import pretraining\n", "which is not below it"),
        ("finetuning/x.py", "def f():\n    import tensorflow.compat.v1 as tf\n", "imports tensorflow"),
        ("base/x.py", "a = 'at %d' % 3\n", "line 1 formats text with %"),
        ("base/x.py", "def f(b):\n    text = 'at %s'\n    return text % b\n", "line 3 formats text with %"),
        ("base/x.py", "def f(a, b):\n    return a % (b, b)\n", "line 2 formats text with %"),
    ],
)
def test_a_file_that_breaks_the_layout_is_found(tmp_path, path, text, said):
    file = tmp_path / "helpers" / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    found = list(faults(tmp_path))
    assert len(found) == 1 and said in found[0] and found[0].startswith(f"helpers/{path}")


def test_a_crowded_folder_is_found(tmp_path):
    folder = tmp_path / "helpers" / "data" / "corpus"
    (folder / "__pycache__").mkdir(parents=True)
    for number in range(MOST_ENTRIES):
        (folder / f"x{number}.py").write_text("")
    assert list(faults(tmp_path)) == []
    (folder / "tables").mkdir()
    assert list(faults(tmp_path)) == ["helpers/data/corpus has 11 entries, more than 10"]


def test_what_is_below_may_be_imported(tmp_path):
    allowed = {
        "tutorial/x.py": "from helpers import plots\nimport helpers.data.corpus.y\n",
        "data/dataset/x.py": "from helpers.data import records\nfrom helpers.base import y\nfrom . import z\n",
        "data/__init__.py": "from helpers.data import dataset\n",
        "base/remote.py": "def f(n):\n    import tensorflow\n    return n % 3\n",
    }
    for path, text in allowed.items():
        (tmp_path / "helpers" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "helpers" / path).write_text(text)
    assert list(faults(tmp_path)) == []
