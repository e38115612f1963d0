"""The documents' code blocks work as they stand: each is run, with the sizes of a test, or named with the reason.

``make test`` looks whether the programs take what is shown; ``make test-slow`` runs the blocks.
"""

import ast
import gzip
import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys

import blocks
import pytest
from http_server import Server

from helpers.tutorial import __main__ as tutorial
from helpers.tutorial.presets import parameters
from tools import notebook_files, reference_commands

ROOT = notebook_files.ROOT
BLOCKS = [block for block in blocks.collect()]
# README's way from a clone to a verdict without a notebook: run first, in this order, for the others to build on.
ROAD = (
    "README.md: python=",
    'README.md: "$python" -m helpers.data.corpus',
    'README.md: "$python" -m helpers.data.dataset',
    "README.md: cat > run.json",
)
SHORT = (
    "README.md: from transformers",
    'README.md: "$python" -m helpers.finetuning train',
    "docs/finetuning.md: model=",
    "docs/finetuning.md: from helpers import discriminator, plots",
    'docs/finetuning.md: "$python" -m helpers.discriminator.pairs data',
    "electra_spanish.ipynb: from transformers",
    "helpers.data.corpus.__main__ --help: python -m helpers.data.corpus --source sample",
    "helpers.data.corpus.__main__ --help: python -m helpers.data.corpus --source opensubtitles",
    "helpers.data.corpus.__main__ --help: python -m helpers.data.corpus --source ~",
    "helpers.data.corpus.__main__ --help: python -m helpers.data.corpus --source reviews.csv",
    "helpers.data.vocabulary.__main__ --help",
    "helpers.data.dataset.__main__ --help",
    "helpers.data.sample_corpus.__main__ --help",
    "helpers.discriminator.__main__ --help",
    "helpers.discriminator.pairs.__main__ --help",
    "helpers.environment.__main__ --help",
)
LONG = (
    'README.md: "$python" -m helpers.tutorial',
    'README.md: "$python" -m papermill',
    'README.md: "$python" -m benchmarks.recipes',
    'docs/finetuning.md: "$python" -m helpers.finetuning train',
    'docs/finetuning.md: "$python" -m helpers.finetuning compare',
    'docs/finetuning.md: "$python" -m benchmarks.quality --model ours',
    'docs/finetuning.md: "$python" -m benchmarks.objectives',
    'docs/scale.md: "$python" -m helpers.pretraining',
    "4_conversion.ipynb: from transformers",
    "helpers.conversion.__main__ --help",
    "helpers.finetuning.__main__ --help",
    "helpers.tutorial.chapters --help",
    "helpers.tutorial.runner",
    "helpers.tutorial.__main__ --help",
    "benchmarks.recipes --help: python -m benchmarks.recipes --corpus texts/train.txt.gz --budget",
    "CONTRIBUTING.md: make env",
    "CONTRIBUTING.md: make test",
)
# Why a block is not run here; each command of it is at least one that its program's parser takes.
NOT_RUN = {
    "README.md: make tutorial": "its second command is this test; the tutorial is run by helpers.tutorial's blocks",
    'README.md: "$python" -m helpers.conversion.hub push': "needs an account on the Hub; test_hub.py has a stand-in",
    'docs/finetuning.md: "$python" -m helpers.conversion.hub': "needs the Hub; test_hub.py has a stand-in",
    "docs/finetuning.md: from helpers.conversion import hub": "needs an account on the Hub; test_hub.py",
    'docs/finetuning.md: "$python" -m benchmarks.quality --model quick': "its models take half an hour each",
    'docs/finetuning.md: "$python" -m helpers.discriminator.pairs subtitles_es': "trains by the clock; as the above",
    'docs/finetuning.md: "$python" -m benchmarks.recipes': "trains by the clock; README's block of recipes is run",
    "docs/scale.md: make horovod": "several cards or machines; test_horovod.py runs two workers",
    'docs/scale.md: "$python" -m distributed': "several machines and a bucket; test_cluster.py",
    "docs/scale.md: docker run": "needs a GPU and NVIDIA's container",
    "electra_spanish.ipynb: PRESET = ": "two fields of the form; README's block of recipes trains that preset",
    "3_pretraining.ipynb: from huggingface_hub": "needs an account on the Hub",
    "3_pretraining.ipynb: general = pretraining.pretrain(": "trains by the hour; test_initial_weights.py",
    "CONTRIBUTING.md: make notebooks": "measures, and writes committed files; test_run_notebook.py",
    "helpers.data.corpus.__main__ --help: python -m helpers.data.corpus --source hf:": "needs the Hub; tests/data",
    "docs/corpus.md: python -m": "its own tests/data read such files, and the help's examples are run",
    "docs/corpus.md: corpus.prepare(": "needs the Hub; tests/data",
    'docs/finetuning.md: "$python" -m helpers.pretraining': "trains by the hour; tests/finetuning/test_recipes.py",
    "benchmarks.gpu": "measures on a GPU; test_gpu_benchmark.py",
    "benchmarks.torch_peer --help": "measures on a GPU; test_gpu_benchmark.py",
    "helpers.conversion.hub": "needs the Hub; test_hub.py has a stand-in",
    "helpers.pretraining.__main__ --help": "README's road runs it, on examples of another length",
    "benchmarks.__main__ --help": "measures, and writes committed files; test_benchmarks.py",
    "benchmarks.domain --help": "minutes; test_benchmarks.py reads its rows",
    'docs/finetuning.md: "$python" -m benchmarks.domain': "minutes; test_benchmarks.py reads its rows",
    "benchmarks.load --help": "15 minutes; test_load.py",
    "benchmarks.objectives --help": "docs/finetuning.md's block is run",
    "benchmarks.quality --help": "docs/finetuning.md's block is run",
    "benchmarks.real_text --help": "wants runs of real text; test_benchmarks.py",
    "benchmarks.recipes --help: python -m benchmarks.recipes --corpus texts/train.txt.gz --pos": "README's block is",
    "benchmarks.recipes --help: python -m helpers.discriminator.pairs": "the program's own help is run",
    "benchmarks.seeds --help": "40 minutes; test_benchmarks.py",
    "benchmarks.sizes --help": "measures for minutes",
    "benchmarks.feeds --help": "measures; test_benchmarks.py",
    "benchmarks.step_arithmetic --help": "minutes; test_gpu_graph.py",
    'docs/scale.md: "$python" -m benchmarks.step_arithmetic': "minutes; test_flops.py computes the table",
    'docs/performance.md: "$python" -m benchmarks.feeds': "measures; test_benchmarks.py",
    'docs/performance.md: "$python" -m benchmarks.sizes': "measures for minutes",
    "tests.mutants.__main__ --help": "16 minutes; test_mutants.py tries ten faults",
    "tools.audit --help": "asks the network; test_audit.py",
    "tools.horovod --help": "three minutes of a compiler; test_horovod.py",
    "tools.links --help": "changes committed files; test_links.py",
    "tools.lock --help": "asks the network",
    "tools.make_pretrained --help": "trains for minutes; test_pretrained_model.py calls what it calls",
    "tools.make_notebooks --help": "measures, and writes committed files; test_run_notebook.py",
    "tools.picture --help": "wants the whole tutorial's pictures",
    "tools.reference_commands --help": "test_reference_commands.py compares what it would write",
    "tools.test_environments --help": "makes five environments; test_colab.py",
}


def found_in(block, names):
    """Those of ``names`` that the block's own name begins with."""
    return [each for each in names if block.name.startswith(each)]


def of(names):
    chosen = [block for block in BLOCKS if found_in(block, names)]
    return dict(argvalues=chosen, ids=[f"{number}-{block.document}" for number, block in enumerate(chosen)])


def test_each_block_is_run_or_named_with_the_reason():
    for block in BLOCKS:
        assert len(found_in(block, [*ROAD, *SHORT, *LONG, *NOT_RUN])) == 1, (
            "%r is in none of the lists here, or in two" % block.name
        )
    for name in [*ROAD, *SHORT, *LONG, *NOT_RUN]:
        assert any(found_in(block, [name]) for block in BLOCKS), "%s is not shown any more" % name


def test_nothing_in_a_block_has_to_be_filled_in_or_taken_out():
    """No ellipses, no brackets for what is optional, no prompts."""
    for block in BLOCKS:
        if block.language == "sh":
            assert "…" not in block.text and "..." not in block.text and " [-" not in block.text, block.name
            assert not any(line.startswith("$ ") for line in block.text.splitlines()), block.name


def calls(text):
    """``(function, call)`` for each call in Python code of what the code imports from the project."""
    found, names = [], {}
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("helpers"):
            for each in node.names:
                module = importlib.import_module(node.module)
                whole = f"{node.module}.{each.name}"
                names[each.name] = getattr(module, each.name, None) or importlib.import_module(whole)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                function = getattr(names.get(function.value.id), function.attr, None)
            else:
                function = names.get(getattr(function, "id", None))
            if function is not None:
                found.append((function, node))
    return found


def test_python_of_a_block_is_whole_and_calls_what_there_is_with_what_it_takes():
    """No ellipsis to be filled in, no argument left out; whether or not the block is run."""
    seen = 0
    for block in BLOCKS:
        if block.language == "python":
            ellipses = [node for node in ast.walk(ast.parse(block.text)) if getattr(node, "value", 0) is ...]
            ellipses += [node for node in ast.walk(ast.parse(block.text)) if type(node).__name__ == "Ellipsis"]
            assert not ellipses, block.name
            for function, call in calls(block.text):
                if not any(isinstance(each, ast.Starred) for each in call.args):
                    given = {each.arg: None for each in call.keywords if each.arg}
                    inspect.signature(function).bind(*call.args, **given)
                    seen += 1
    assert seen >= 3


def test_the_table_of_sizes_has_no_line_for_what_no_block_says():
    """Else a block that has changed would train at full size here."""
    texts = [block.text for block in BLOCKS if not found_in(block, NOT_RUN)]
    for pattern, smaller in blocks.SMALL:
        changed = [re.sub(pattern, smaller, text, flags=re.MULTILINE) for text in texts]
        assert changed != texts, pattern
        texts = changed


def test_readme_uses_the_model_that_make_tutorial_makes():
    name = parameters.TABLE["MODEL_NAME"].default
    folder = os.path.relpath(os.path.join(tutorial.OUTPUT_DIR, "data", "models", name, "discriminator"), ROOT)
    after = [
        block.text
        for block in BLOCKS
        if block.name == "README.md: from transformers import ElectraForPreTraining, ElectraTokenizerFast"
    ]
    assert len(after) == 1 and f'folder = "{folder}"\n' in after[0]


# What a shell has anyway, what a target of ours installs, and what whoever has such a machine has.
PROGRAMS = {
    "make", "python", "python3", '"$python"', "cat", "cd", "cp", "END", "git", "pip", "export", "pandoc",
    "horovodrun", "docker", "GOOGLE_ELECTRA=/path/to/electra",
}  # fmt: skip


@pytest.mark.parametrize("block", **of(("",)))
def test_programs_that_are_started_are_there(block):
    """None lies in the environment alone, which is not on PATH; a module is on the environment's Python, either one."""
    for name in re.findall(r'\$python" -m ([\w.]+)', block.text):
        assert importlib.util.find_spec(name), f"{block.name}: {name}"
    if block.language == "sh":
        lines = re.sub(r"\\\n|<<'END'.*?\nEND\n", " ", block.text + "\n", flags=re.DOTALL).splitlines()
        words = [line.split()[0] for line in lines if line.split() and not line.startswith((" ", "#", "{"))]
        for word in words:
            assert word in PROGRAMS or "=" in word, f"{block.name}: {word}"


@pytest.mark.parametrize("block", **of(("",)))
def test_programs_take_the_options_that_are_shown(block):
    if block.language != "sh":
        compile(block.text, block.name, "exec")
        return
    for module, arguments in blocks.commands(block.text):
        for name in (module, module + ".__main__"):
            if name in reference_commands.modules():
                break
        else:
            raise AssertionError("%s is no command" % module)
        reference_commands.parser_of(name).parse_args(arguments)


TAGGED = "".join("El DET\npájaro%d NOUN\ncanta VERB\n\n" % number for number in range(12))
CONLLU = "".join(
    "# sent\n1\tEl\tel\tDET\t_\t_\t0\t_\t_\t_\n2\tpájaro%d\tpájaro\tNOUN\t_\t_\t0\t_\t_\t_\n\n" % number
    for number in range(12)
)
PAIRS = "id\tsentence1\tsentence2\tlabel\n" + "".join(
    "%d\tEl pájaro canta\tCanta el pájaro %d\t%d\n" % (number, number, number % 2) for number in range(12)
)
NLI = "premise\thypo\tlabel\n" + "".join(
    "El pájaro canta\tCanta el pájaro %d\t%s\n" % (number, ("entailment", "neutral", "contradictory")[number % 3])
    for number in range(24)
)
SCORED = "".join("El pájaro canta,Canta el pájaro %d,%.1f\n" % (number, number / 3) for number in range(12))
LINES = "".join("La niña número %d bebe agua en el parque.\n%s" % (n, "\n" * (n % 5 == 0)) for n in range(3000))


class World:
    """A copy of the project in a folder with a blank and an accent, and all that the documents suppose to be there."""

    def __init__(self, folder, server):
        self.folder = folder
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.check_output(listed, cwd=ROOT).decode("utf-8").split("\0"):
            if name and os.path.isfile(os.path.join(ROOT, name)):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(os.path.join(ROOT, name), str(folder / name))
        for name, text in {
            "esp.train": TAGGED, "esp.testa": TAGGED, "esp.testb": TAGGED, "words-and-tags.tsv": TAGGED,
            "es_ancora-ud-train.conllu": CONLLU, "es_ancora-ud-dev.conllu": CONLLU, "es_ancora-ud-test.conllu": CONLLU,
            "translated_train.tsv": PAIRS, "dev_2k.tsv": PAIRS, "test_2k.tsv": PAIRS, "test.tsv": TAGGED,
            "stsb-es-train.csv": SCORED, "stsb-es-dev.csv": SCORED, "stsb-es-test.csv": SCORED,
            "multinli.train.es.tsv": NLI, "small.json": blocks.preset(), "candidates.json": self.candidates(),
        }.items():  # fmt: skip
            (folder / name).write_text(text, encoding="latin-1" if name.startswith("esp.") else "utf-8")
        rows = "".join('%d,"Qué bonito es el número %d, señora."\n' % (number, number) for number in range(300))
        (folder / "reviews.csv").write_text("id,comment\n" + rows, encoding="cp1252")
        (folder / "texts").mkdir()
        for name, text in {
            "texts/train.txt.gz": LINES, "tags.tsv.gz": TAGGED * 9, "more-tags.tsv.gz": TAGGED * 9,
            "train.tsv.gz": TAGGED * 9, "valid.tsv.gz": TAGGED * 9,
        }.items():  # fmt: skip
            (folder / name).write_bytes(gzip.compress(text.encode("utf-8")))
        self.environment = dict(os.environ, ELECTRA_OPUS_URL=server.url(), CUDA_VISIBLE_DEVICES="", HOME=str(folder))
        self.environment["PATH"] = str(folder / "bin") + os.pathsep + os.environ["PATH"]
        (folder / "bin").mkdir()
        # make wants a python3 of 3.8 or newer, which this machine has where the tests' own Python is older
        for name in ("python", "python3") if sys.version_info >= (3, 8) else ("python",):
            (folder / "bin" / name).write_text('#!/bin/sh\nexec "%s" "$@"\n' % sys.executable)
            (folder / "bin" / name).chmod(0o755)
        self.said = {}

    @staticmethod
    def candidates():
        usual = json.loads(blocks.preset())
        usual = {name: usual[name] for name in usual if name not in ("CORPUS", "TRAIN_SIZE")}
        return json.dumps({"usual": usual, "candidates": [{"name": "small"}, {"name": "quick"}]})

    def run(self, block):
        """``(exit code, what it said)`` of a block, after the variables that its document has set before it."""
        before = [each for each in BLOCKS if each.document == block.document]
        before = [line for each in before[: before.index(block)] for line in each.text.splitlines()]
        variables = "\n".join(line for line in before if line.startswith(("python=", "model=")))
        script = "set -e\n%s\n%s" % (variables, blocks.small(block.text))
        command = ["bash", "-c", script]
        if block.language == "python":
            command = [sys.executable, "-c", block.text]
        done = subprocess.run(
            command, cwd=str(self.folder), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("un año") / "mi proyecto"
    folder.mkdir()
    content = gzip.compress(LINES.encode("utf-8"))
    with Server({"/v2016/mono/%s.txt.gz" % language: content for language in ("es", "it")}) as server:
        made = World(folder, server)
        for block in BLOCKS:
            if found_in(block, ROAD):
                made.said[block.name] = made.run(block)
        models = folder / "data" / "models"
        for name in ("electra-spanish", "M"):
            os.symlink(str(models / "es"), str(models / name))
        for link, target in (("runs/tutorial/data", "data"), ("uncased", "data")):
            (folder / link).parent.mkdir(parents=True, exist_ok=True)
            os.symlink(str(folder / target), str(folder / link))
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("block", **of(ROAD))
def test_the_road_without_notebooks(world, block):
    code, said = world.said[block.name]
    assert code == 0, said[-3000:]
    if "helpers.discriminator" in block.text:
        assert "[CLS]" in said and "called a replacement: " in said


@pytest.mark.slow
@pytest.mark.parametrize("block", **of(SHORT))
def test_short_blocks(world, block):
    code, said = world.run(block)
    assert code == 0 and "Traceback" not in said, said[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("block", **of(LONG))
def test_long_blocks(world, block):
    code, said = world.run(block)
    assert code == 0 and "Traceback" not in said, said[-3000:]
