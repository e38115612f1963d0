"""Write docs/reference_commands.md: every command with its options, make target, variable and notebook parameter.

    python3 tools/reference_commands.py

Nothing in that page is written by hand: commands come from their parsers, make targets and variables from the
Makefile, parameters from helpers/tutorial/presets/parameters.py.  Runs on the project's own Python.
"""

import argparse
import glob
import importlib
import os
import re
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PROJECT)

from helpers.base import events
from helpers.base.files import write_aside
from helpers.tutorial import presets
from helpers.tutorial.presets import parameters

PAGE = os.path.join(PROJECT, "docs", "reference_commands.md")
FOLDERS = ("helpers", "benchmarks", "tools", "tests/mutants", "tests/support")
# What the environment variables mean that our code reads, or that a user sets for what we call.
VARIABLES = {
    "CUDA_VISIBLE_DEVICES": "which GPUs are seen; empty: none",
    "CXX": "the C++ compiler that `make horovod` looks for (default: g++)",
    "ELECTRA_OPUS_URL": "another address for OpenSubtitles: a mirror of object.pouta.csc.fi/OPUS-OpenSubtitles",
    "ELECTRA_TF_PYTHON": "an interpreter with TensorFlow 1.15 or 2.x to run on; for `make bench`, to compare with",
    "FAULT_ROUNDS": "rounds of random faults in `make test-slow` (default: 50)",
    "FAULT_SEED": "repeats the random faults of an earlier run",
    "GOOGLE_ELECTRA": "a checkout of google-research/electra for `make bench` to measure beside",
    "HF_ENDPOINT": "another address for the Hugging Face Hub",
    "HF_HOME": "where the Hugging Face Hub keeps what it has fetched and the token",
    "HF_HUB_OFFLINE": "1: nothing is asked of the Hugging Face Hub",
    "HF_TOKEN": "the token to push a model to the Hugging Face Hub with",
    "HOROVOD_GPU_OPERATIONS": "NCCL: `make horovod` builds for GPUs that talk to each other directly",
    "MAMBA_ROOT_PREFIX": "where micromamba keeps its environments, which are searched for Python 3.7",
    "PYENV_ROOT": "where pyenv keeps its versions of Python",
}
# Read or set within a program, of no use to set from outside.
INTERNAL = {
    "CONDA_PREFIX", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_VERBOSITY", "HOROVOD_SIZE", "JUPYTER_PATH",
    "LD_LIBRARY_PATH", "OMP_WAIT_POLICY", "PATH", "PYTHONPATH", "TENSORBOARD_BINARY", "TF_CPP_MIN_LOG_LEVEL",
    "TF_FORCE_GPU_ALLOW_GROWTH", "TF_SYNC_ON_FINISH", "TF_XLA_FLAGS", "USE_TF", "UV_PYTHON_INSTALL_DIR",
    "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
}  # fmt: skip
MAKE_VARIABLES = {
    "TENSORFLOW": "auto, 1.15 or 2: which environment the target runs in",
    "PYTHON3": "the Python 3.8 or newer to start with",
    "ARGS": "options for the program that the target runs",
    "REPO": "owner/name, for `make links`",
    "ZIP": "what `make zip` writes",
}


class _Captured(Exception):
    """Carries a parser out of a function that was about to parse."""


def modules():
    """Names of the modules that have a command line, in their order on the page."""
    found = []
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(PROJECT, folder, "**", "*.py"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                if re.search(r"= argparse\.ArgumentParser\(|return argparse\.ArgumentParser\(", file.read()):
                    found.append(os.path.relpath(path, PROJECT)[:-3].replace(os.sep, "."))
    return found


def parser_of(name):
    """The parser of a module's command line."""
    module = importlib.import_module(name)
    if hasattr(module, "parser"):
        return module.parser()
    original = argparse.ArgumentParser.parse_args

    def capture(parser, *_, **__):
        raise _Captured(parser)

    argparse.ArgumentParser.parse_args = capture
    try:
        module.main()
    except _Captured as caught:
        return caught.args[0]
    finally:
        argparse.ArgumentParser.parse_args = original


def command(parser, name):
    """The part of the page on one command: what it is, and a table of its options."""
    if name.startswith(("tools.", "tests.")) and not parser.prog.startswith("python"):
        parser.prog = f"python {name.replace('.', '/')}.py"
    lines = [f"### `{parser.prog}`", "", _first_sentence(parser.description or ""), ""]
    lines += _table(parser)
    for each in parser._actions:
        if isinstance(each, argparse._SubParsersAction):
            for word, sub in each.choices.items():
                lines += [f"**`{parser.prog} {word}`**: {_first_sentence(sub.description or '')}", ""] + _table(sub)
    return lines


def _first_sentence(text):
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return paragraph if paragraph.endswith((".", "?")) else paragraph + "."


def _table(parser):
    rows = []
    for action in parser._actions:
        if isinstance(action, (argparse._HelpAction, argparse._SubParsersAction)):
            continue
        words = _values(action)
        option = ", ".join(f"`{' '.join(filter(None, (word, words)))}`" for word in action.option_strings or [""])
        meaning = parser._get_formatter()._expand_help(action) if action.help else ""
        default = action.default
        if default not in (None, argparse.SUPPRESS, False, [], "", {}) and "default" not in meaning:
            meaning += f" (default: {_said(default)})"
        rows.append(f"| {option} | {_cell(meaning.strip())} | {'yes' if action.required else ''} |")
    return ["| Option | Meaning | Required |", "|---|---|---|", *rows, ""] if rows else []


def _values(action):
    """What stands behind an option, such as ``N`` or ``{1,2}``."""
    if action.nargs == 0:
        return ""
    name = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else None)
    if name is None:
        name = action.dest.upper() if action.option_strings else action.dest
    if isinstance(name, tuple):
        return " ".join(name)
    return name + (" …" if action.nargs in ("+", "*") else "")


def _said(value):
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _cell(text):
    return " ".join(text.replace(PROJECT + os.sep, "").replace("|", "\\|").split())


def make_targets():
    """``[(target, meaning)]`` of the Makefile."""
    with open(os.path.join(PROJECT, "Makefile"), encoding="utf-8") as file:
        return re.findall(r"^([a-z0-9-]+):.*## (.*)$", file.read(), re.MULTILINE)


def make_variables():
    """Names of the variables that may be set when make is called."""
    with open(os.path.join(PROJECT, "Makefile"), encoding="utf-8") as file:
        return re.findall(r"^([A-Z0-9]+) \?=", file.read(), re.MULTILINE)


def environment_variables():
    """Names of all environment variables that the project's code reads or sets."""
    found = set()
    for folder in FOLDERS + ("tests/project",):
        for path in glob.glob(os.path.join(PROJECT, folder, "**", "*.py"), recursive=True):
            if os.path.basename(path) != "fake_machine.py":
                with open(path, encoding="utf-8") as file:
                    found.update(re.findall(r"environ(?:\.\w+\(|\[)\"([A-Z][A-Z0-9_]+)\"", file.read()))
    return found


def page():
    """The whole page."""
    lines = ["# Commands, options and variables", ""]
    lines += [
        "Made by `tools/reference_commands.py` from the programs themselves. `python` stands for the project's own",
        "Python, which `python3 -m helpers.environment --print-python` names; `helpers.environment` and the tools that",
        "say `python3` run on any. All are typed in the project's folder, and all take `--help`.",
        "",
    ]
    lines += ["## make", "", "| Target | What it does |", "|---|---|"]
    lines += [f"| `make {target}` | {_cell(meaning)} |" for target, meaning in make_targets()]
    lines += ["", "| Variable | Meaning |", "|---|---|"]
    lines += [f"| `{name}` | {MAKE_VARIABLES[name]} |" for name in make_variables()]
    lines += ["", "## Environment variables", "", "| Variable | Meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(VARIABLES.items())]
    lines += ["", "## The notebooks' parameters", ""]
    lines += [
        "The defaults are those of the whole tutorial; a chapter's form may have others. Where the preset decides, the",
        "value is that of the preset `sample`.",
        "",
        "| Parameter | Default | Meaning |",
        "|---|---|---|",
    ]
    usual = dict(presets.read(presets.ARTICLE), **presets.read(presets.DEFAULT))
    for name, parameter in parameters.TABLE.items():
        default = usual.get(name, parameter.default)
        lines.append(f"| `{name}` | {'' if default is None else f'`{default}`'} | {_cell(parameter.meaning)} |")
    lines += ["", "## Commands", ""]
    for name in modules():
        lines += command(parser_of(name), name)
    return "\n".join(lines).rstrip() + "\n"


def parser():
    """The command line."""
    return argparse.ArgumentParser(
        prog="python tools/reference_commands.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def main():
    """Write the page."""
    parser().parse_args()
    with write_aside(PAGE) as file:
        file.write(page())


if __name__ == "__main__":
    events.run(lambda reporter: main())
