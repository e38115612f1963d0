"""The code blocks that the documents show: of README, docs, CONTRIBUTING, the notebooks' markdown and ``--help``.

``collect()`` finds them all; ``commands(text)`` gives the Python modules that a shell block starts, with their
arguments; ``small(text)`` is a block with the sizes of a test.
"""

import glob
import json
import os
import re
import shlex
import textwrap
from typing import Iterator, List, NamedTuple, Tuple

from tools import notebook_files, reference_commands

ROOT = notebook_files.ROOT
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^ *(?:python3?|make) (?:.*\\\n)*.*", re.MULTILINE)
# Sizes and steps as the documents have them, and what a test takes in their place.
SMALL = (
    (r"--train-size \d+", "--train-size 2000"),
    (r"TRAIN_SIZE \d+", "TRAIN_SIZE 2000"),
    (r"train:\d+", "train:600"),
    (r"--source bert-base-multilingual-cased", "--source train:600"),  # test_vocabulary.py has a stand-in for the Hub
    (r'"num_train_steps": \d+', '"num_train_steps": 4'),
    (r'"eval_steps": \d+', '"eval_steps": 4'),
    (r"NUM_TRAIN_STEPS \d+", "NUM_TRAIN_STEPS 4"),
    (r"TRAIN_BATCH_SIZE \d+", "TRAIN_BATCH_SIZE 8"),
    (r"--sizes 10 30 100 300( 1000)?", "--sizes 4 8"),
    (r"--seeds 0 1 2", "--seeds 0"),
    (r"--budget \d+", "--budget 20"),
    (r"--steps 125 250 500 1000 2000", "--steps 2"),
    # it would write committed files
    (r"--learning-rates 0.001 0.003 --scratch --keep", "--learning-rates 0.001 --scratch --sentences 12"),
    (r"(-m helpers\.finetuning (?:train|compare)\b)", r"\1 --rounds 1"),
    (r"--preset (article|quick)", ""),
    (r"(-m helpers\.tutorial\b(?!\.))", r"\1 --preset small.json"),
    (r"-p PRESET sample", "-p PRESET small.json"),
    (r"TENSORFLOW=2", "TENSORFLOW=auto"),
    (r'"MEGABYTES": \[1\]', '"MEGABYTES": [0.1]'),
    (r"--only quick --seeds 0", "--only quick --seeds 0 --candidates candidates.json"),
    # its steps are set, so that a budget would have no effect
    (r"--budget 20 --only usual \"one encoder\"", "--only small --candidates candidates.json"),
)


class Block(NamedTuple):
    """A block: where it stands, its language, and its text as it stands there."""

    document: str
    language: str
    text: str

    @property
    def name(self) -> str:
        """The document and the block's first line that is no comment; nor what finds Python, unless that is all."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip() and not line.strip().startswith("#")]
        lines = [line for line in lines if not line.startswith("python=")] or lines
        return f"{self.document}: {lines[0]}"


def collect() -> List[Block]:
    """All blocks, in the order of the documents."""
    return [*_of_documents(), *_of_notebooks(), *_of_help()]


def _of_documents() -> Iterator[Block]:
    for path in ["README.md", "CONTRIBUTING.md", *sorted(glob.glob(os.path.join(ROOT, "docs", "*.md")))]:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            for language, text in FENCE.findall(file.read()):
                if language:  # a picture made of letters has none
                    name = os.path.relpath(os.path.join(ROOT, path), ROOT)
                    yield Block(name, "sh" if language in ("shell", "bash") else language, text)


def _of_notebooks() -> Iterator[Block]:
    for path in notebook_files.paths():
        for cell in notebook_files.read(path)["cells"]:
            if cell["cell_type"] == "markdown":
                for language, text in FENCE.findall(notebook_files.source(cell) + "\n"):
                    yield Block(os.path.basename(path), language, text)


def _of_help() -> Iterator[Block]:
    for module in reference_commands.modules():
        parser = reference_commands.parser_of(module)
        for text in (parser.description or "", parser.epilog or ""):
            for example in EXAMPLE.findall(text):
                yield Block(f"{module} --help", "sh", textwrap.dedent(example) + "\n")


def small(text: str) -> str:
    """A block's text with the sizes of a test."""
    for pattern, smaller in SMALL:
        text = re.sub(pattern, smaller, text, flags=re.MULTILINE)
    return text


def commands(text: str) -> List[Tuple[str, List[str]]]:
    """``(module or script, arguments)`` of each Python command of a shell block."""
    found = []
    heredoc = re.sub(r"<<'(\w+)'\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    for line in re.sub(r"\\\n", " ", heredoc).splitlines():
        words = shlex.split(line, comments=True)
        if "-c" in words[:-1] and words[0] == "docker":
            words = shlex.split(words[words.index("-c") + 1])
        for place, word in enumerate(words):
            if re.search(r"(python3?|\$python)$", word) and place + 1 < len(words):
                rest = words[place + 1 :]
                rest = rest[1:] if rest[0] == "-m" else rest
                if rest[0].startswith(("helpers", "benchmarks", "tools")):
                    name = rest[0][:-3].replace("/", ".") if rest[0].endswith(".py") else rest[0]
                    found.append((name, [each.rstrip(")") if "$(" in line else each for each in rest[1:]]))
    return found


def preset() -> str:
    """The JSON of a preset of seconds."""
    return json.dumps(
        dict(
            CORPUS="sample", TRAIN_SIZE=2000, VOCAB="train:600", MODEL_SIZE="tiny", MAX_SEQ_LENGTH=32,
            ONE_SENTENCE_PER_EXAMPLE=True, NUM_TRAIN_STEPS=4, TRAIN_BATCH_SIZE=8, LEARNING_RATE=0.002,
            HPARAMS=dict(num_eval_steps=2, eval_batch_size=16),
        )
    )  # fmt: skip
