"""Run the notebooks with small settings and keep what they show in the committed files: ``make notebooks``.

    python tools/make_notebooks.py 1_method 2_data

Changes notebooks/*.ipynb and README.md.  All notebooks are run when none is named.

Each runs alone in a copy of the project under build/notebooks/, so that it makes all that it needs, as for a reader
who opens it on a fresh machine; with --together it takes what the one before has left, which is quicker.  What was
measured goes into the notebook's metadata, under "made", and from there into its head and into README's table;
tests/notebooks/test_outputs.py checks that all of it belongs to the code as it is.
"""

import argparse
import gzip
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from helpers.base import events, values
from helpers.base.files import write_aside
from helpers.data.vocabulary.builder import HUB_REPOSITORY
from helpers.tutorial import presets, runner
from tools import notebook_files as files

COPY = os.path.join(files.ROOT, "build", "notebooks", "project")
PARAMETERS = {"INTERACTIVE": False}
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~])/(?:home|root|tmp|Users|content|usr|opt|var|mnt|srv|work|scratch|build)/")
HOW_LONG = re.compile(r"^\*\*How long it takes:\*\*.*?(?P<needs> This notebook's own Python needs .*)?$", re.MULTILINE)
PRESETS = re.compile(r"^\| preset \| what it is \| time \|\n(?:\|.*\n)*", re.MULTILINE)
WHOLE_RUN = re.compile(r"\d+ (?:minutes|seconds) on \d+ CPU cores")  # the first in README is the first command's
README = os.path.join(files.ROOT, "README.md")


def copy_project():
    """A copy of what belongs to the project, with the environment that runs this; gives its interpreter."""
    for name in os.listdir(COPY) if os.path.isdir(COPY) else ():
        path = os.path.join(COPY, name)
        if os.path.isdir(path) and not os.path.islink(path) and name != "data":
            shutil.rmtree(path)
        elif name != "data":
            os.remove(path)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=files.ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        source, target = os.path.join(files.ROOT, name), os.path.join(COPY, name)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
    os.symlink(sys.prefix, os.path.join(COPY, os.path.basename(sys.prefix)))
    return os.path.join(COPY, os.path.basename(sys.prefix), "bin", "python")


def hub_cache(vocabulary):
    """A cache of the Hugging Face Hub, as HF_HOME, with multilingual BERT's vocab.txt or vocab.txt.gz in it."""
    home = os.path.join(os.path.dirname(COPY), "hub")
    model = os.path.join(home, "hub", "models--" + HUB_REPOSITORY.replace("/", "--"))
    commit = "0" * 40
    for name, content in (("refs/main", commit.encode()), ("snapshots/%s/vocab.txt" % commit, None)):
        os.makedirs(os.path.dirname(os.path.join(model, name)), exist_ok=True)
        with open(os.path.join(model, name), "wb") as file:
            if content is None:
                with (gzip.open if vocabulary.endswith(".gz") else open)(vocabulary, "rb") as source:
                    content = source.read()
            file.write(content)
    return {"HF_HOME": home, "HF_HUB_OFFLINE": "1"}


def execute(path, python, variables, alone=True):
    """Run a notebook in the copy; gives it as a dict, with its outputs.  SystemExit when it fails."""
    name = os.path.basename(path)
    if alone:
        shutil.rmtree(os.path.join(COPY, "data"), ignore_errors=True)
    known = runner.form(path)
    parameters = {key: value for key, value in PARAMETERS.items() if key in known}
    output = os.path.join(os.path.dirname(COPY), name)
    command = [python, "-m", "helpers.tutorial.runner", os.path.join("notebooks", name), output]
    command += ["--parameters", json.dumps(parameters)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ELECTRA_")}
    environment.update(variables, CUDA_VISIBLE_DEVICES="")  # what is committed is the CPU's
    if subprocess.run(command, cwd=COPY, env=environment).returncode:
        sys.exit("error: %s was not made; as far as it came it lies in %s" % (name, os.path.relpath(output)))
    executed = files.read(output)
    executed["metadata"]["run"]["alone"] = alone
    return executed


def keep(path, executed):
    """Put the outputs of ``executed`` into the notebook at ``path``, and what was measured into its metadata."""
    notebook = files.read(path)
    done = {cell["id"]: cell["outputs"] for cell in executed["cells"] if cell["cell_type"] == "code"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, 1):  # counted anew: the runner has added a cell with parameters
        cell["execution_count"], cell["outputs"] = number, done[cell["id"]]
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number
    found = ABSOLUTE_PATH.search(json.dumps(outputs(notebook), ensure_ascii=False))
    if found:
        sys.exit("error: an output of %s holds an absolute path, %s…" % (os.path.basename(path), found.group()))
    run = executed["metadata"]["run"]
    ids = [cell["id"] for cell in code]
    notebook["metadata"]["made"] = dict(
        run,
        seconds={name: run["seconds"][name] for name in ids},
        first_sign={name: run["first_sign"][name] for name in ids},
        code=files.code_hash(notebook),
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and HOW_LONG.search(files.source(cell)):
            line = how_long(notebook["metadata"]["made"])
            text = HOW_LONG.sub(lambda match, line=line: line + (match.group("needs") or ""), files.source(cell))
            files.set_source(cell, with_presets(text, notebook["metadata"]["made"]))
    files.write(path, notebook)


def outputs(notebook):
    """All that the cells have shown, without the pictures."""
    shown = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [
        dict(output, data={kind: value for kind, value in output.get("data", {}).items() if "image" not in kind})
        for output in shown
    ]


def spoken(seconds):
    """A time as one says it, rounded up."""
    tens = 10 * max(1, math.ceil(seconds / 10))
    return "%d seconds" % tens if tens <= 100 else "%d minutes" % math.ceil(seconds / 60)


def busy(made):
    """Whether other work than the notebook's took so much of the machine that its times say little."""
    return made["load"] > 1.5 * made["cores"]


def how_long(made):
    """The line of a notebook's head about time and memory."""
    earlier = made["seconds"].get("prepare", 0)
    share = " once the earlier notebooks have been run"
    if made["alone"]:
        share = ", %s of them to make what it needs from earlier notebooks" % spoken(earlier) if earlier > 5 else ""
    others = " on a busy machine, so take it for an upper bound" if busy(made) else ""
    words = (
        "**How long it takes:** %s on %d CPU cores%s; %.1f GB of memory (measured by `make notebooks`%s). "
        "On a T4 expect about the same (an estimate): a model this small does not keep a GPU busy."
    )
    return words % (spoken(made["total"]), made["cores"], share, made["memory_mb"] / 1000, others)


def with_presets(text, made):
    """``text`` with the rows of its table of presets; as it is where it has none.

    The time of the notebook's own preset is the one that was measured, the others' are what their files say.
    """
    rows = ["| preset | what it is | time |", "|---|---|---|"]
    for name in sorted(presets.names(), key=lambda name: (name != presets.DEFAULT, name)):
        words, own = presets.about(name), name == presets.DEFAULT
        time = "%s on %d CPU cores" % (spoken(made["total"]), made["cores"]) if own else words.get("TIME", "")
        rows.append("| `%s`%s | %s | %s |" % (name, ", the default" if own else "", words.get("ABOUT", ""), time))
    return PRESETS.sub(lambda match: "\n".join(rows) + "\n", text)


def measured(made):
    """Three cells of README's table: time, first picture, memory."""
    picture = spoken(made["first_picture"]) if made["first_picture"] else "none"
    time = ("under " if busy(made) else "") + spoken(made["total"]) + ("" if made["alone"] else "*")
    return "%s | %s | %.1f GB" % (time, picture, made["memory_mb"] / 1000)


def readme(text):
    """README with what was measured in its table of notebooks; as it is while nothing was."""
    made = {os.path.basename(path)[:-6]: files.read(path)["metadata"].get("made") for path in files.paths()}
    if not any(made.values()):
        return text

    def row(match):
        measurements = made.get(match.group(2))
        return "%s %s |" % (match.group(1), measured(measurements) if measurements else "– | – | –")

    whole = made.get("electra_spanish")
    if whole:
        text = WHOLE_RUN.sub("%s on %d CPU cores" % (spoken(whole["total"]), whole["cores"]), text, count=1)
    head = "| Notebook | What it does | Time | First picture | Memory |\n|---|---|---|---|---|"
    text = re.sub(r"^\| Notebook \| What it does \|.*\n\|[-|]*\|$", head, text, flags=re.MULTILINE)
    return re.sub(r"^(\| \[(\w+)\]\(notebooks/[^|]*\|[^|]*\|).*$", row, text, flags=re.MULTILINE)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python tools/make_notebooks.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="notebooks without .ipynb; all when none is named")
    parser.add_argument(
        "--multilingual", type=values.given, help="vocab.txt or .gz of multilingual BERT, where there is no network"
    )
    parser.add_argument("--together", action="store_true", help="each takes what the one before has left")
    options = parser.parse_args()
    wanted, variables = options.names, hub_cache(options.multilingual) if options.multilingual else {}
    there = [os.path.basename(path)[:-6] for path in files.paths()]
    missing = [name for name in wanted if name not in there]
    if missing:
        sys.exit(f"error: there is no notebook {missing[0]}; there are {', '.join(there)}")
    paths = [path for path in files.paths() if not wanted or os.path.basename(path)[:-6] in wanted]
    python = copy_project()
    for path in paths:
        print(os.path.basename(path), end=": ", flush=True)
        keep(path, execute(path, python, variables, alone=not options.together))
    with open(README, encoding="utf-8") as file:
        text = file.read()
    with write_aside(README) as file:
        file.write(readme(text))
    print("changed: notebooks/%s, README.md" % ", notebooks/".join(map(os.path.basename, paths)))


if __name__ == "__main__":
    events.run(lambda reporter: main())
