"""A dataset of the Hugging Face Hub, streamed: ``hf:owner/name``, with ``:config``, ``:split``, ``:column`` as needed.

    hf:wikimedia/wikipedia:config=20231101.es
    hf:uonlp/CulturaX:config=es:split=train:column=text
    hf:wikimedia/wikipedia:20231101.es:train:text          the same words in their order, without their names
    hf:/home/ana/my_dataset                                a folder that the ``datasets`` library can load

Takes the package ``datasets``, which Colab has.  Rows are fetched as they are needed.
"""

import os
import re
from typing import Any, Callable, Dict, Iterator, List, Optional

from helpers.base.errors import TutorialError, did_you_mean, hub_login
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import DEFAULT, Options, tables
from helpers.data.corpus.formats.content import as_blocks
from helpers.data.corpus.sentences import split_batches
from helpers.data.corpus.sources import Source
from helpers.data.corpus.text import clean

PARTS = ("config", "split", "column")
BLOCK_LINES = 50  # rows are fetched until so many lines are there
REFUSED = "GatedRepo Unauthorized 401 403 gated"  # words of an error that ask for a login


class Hub(Source):
    """The rows of a dataset."""

    def __init__(self, source: str, options: Options = DEFAULT) -> None:
        self.name, self._options = source, options
        self._dataset, self._parts = _parsed(source)
        self._column = options.column or self._parts.get("column")
        self._rows = 0

    def identity(self) -> Dict[str, Any]:
        return {"source": "hf", "dataset": self._dataset, **{key: self._parts.get(key) for key in PARTS[:2]},
                "column": self._column}  # fmt: skip

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        self._rows = 0
        lines = tables.texts(self._fetched(), self.name, self._column, tally)
        batches = clean(as_blocks(lines, BLOCK_LINES), self.name, tally, self._options.normalize)
        return split_batches(batches, self._options.split_lines, tally)

    def description(self) -> Dict[str, Any]:
        return {"rows": self._rows}

    def progress(self) -> Dict[str, Any]:
        return {"rows": self._rows}

    def _fetched(self) -> Iterator[Dict[str, Any]]:
        """The rows, one by one."""
        try:
            import datasets
        except ImportError:
            raise TutorialError(
                f"{self.name} takes the package datasets: pip install datasets in this kernel's Python (Colab "
                f"has it), or "
                "download the dataset's files and give their folder"
            )
        split = self._parts.get("split") or "train"
        try:
            rows = iter(datasets.load_dataset(self._dataset, self._parts.get("config"), split=split, streaming=True))
            while True:
                row = next(rows, None)
                if row is None:
                    return
                self._rows += 1
                yield row
        except (TutorialError, GeneratorExit):
            raise
        except Exception as error:  # the library's own and those of the network under it, of many kinds
            raise TutorialError(self._explained(error))

    def _explained(self, error: Exception) -> str:
        said = " ".join(str(error).split())
        kind = type(error).__name__
        if "Config name is missing" in said or "BuilderConfig" in said:
            known = re.findall(r"'([^']+)'", said.split("[", 1)[-1])[:8]
            wanted = self._parts.get("config")
            near = f" ({did_you_mean(wanted, known)})" if wanted and did_you_mean(wanted, known) else ""
            which = f"has no config {wanted!r}{near}" if wanted else "has several configs"
            return (f"{self.name} {which}: name one, such as hf:{self._dataset}:config={known[0] if known else 'es'}"
                    + (f" (there are {', '.join(known)})" if known else ""))  # fmt: skip
        if "split" in said.lower() and kind == "ValueError":
            return f"{self.name} has no such split ({tables.short(said)}): name one, such as :split=train"
        if any(word in said or word in kind for word in REFUSED.split()):
            return (
                f"{self.name} asks for a login: accept its terms on "
                f"https://huggingface.co/datasets/{self._dataset}, then "
                f"run `{hub_login()}` in a terminal, or set HF_TOKEN"
            )
        if "script" in said:
            return (
                f"{self.name} is made by a program, which the datasets library no longer runs: look for a copy "
                f"in Parquet "
                "on the Hub, or download its files and give their folder"
            )
        if "NotFound" in kind or "doesn't exist" in said:
            return f"{self.name} is not on the Hub ({tables.short(said)}): check the owner and the name"
        return (
            f"{self.name} cannot be read ({kind}: {tables.short(said)}): check the name and the network, and try again"
        )


def _parsed(source: str) -> "tuple[str, Dict[str, str]]":
    """The dataset and what was said of config, split and column."""
    name, *rest = source[len("hf:") :].split(":")
    example = 'give one such as CORPUS = "hf:wikimedia/wikipedia:config=20231101.es"'
    name = os.path.expanduser(os.path.expandvars(name.strip()))
    if not (re.match(r"[\w.-]+(?:/[\w.-]+)?$", name) or os.path.isdir(name)):
        raise TutorialError(f"{source} names no dataset: {example}")
    parts: Dict[str, str] = {}
    for place, part in enumerate(rest):
        key, equals, value = part.partition("=")
        if not equals:
            key, value = (PARTS[place] if place < len(PARTS) else part), part
        if key not in PARTS:
            near = did_you_mean(key, PARTS)
            raise TutorialError(
                f"{source}: {key!r} is none of config, split, column{f' ({near})' if near else ''}; {example}"
            )
        if value.strip():
            parts[key] = value.strip()
    return name, parts
