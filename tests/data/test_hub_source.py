"""helpers/data/corpus/sources/hub.py: datasets of the Hub, streamed; from the real library where it is installed, on
files of this machine, and from a stand-in for the network."""

import json
import sys
import types

import pytest
from listener import Listener

from helpers.base import errors
from helpers.base.errors import TutorialError
from helpers.data import corpus
from helpers.data.corpus.sources import hub

ARTICLES = [{"id": str(number), "url": f"https://es.wikipedia.org/{number}", "title": f"T{number}",
             "text": f"Primera frase del artículo {number}.\n\nSegunda frase, también del "
             f"{number}."} for number in range(500)]  # fmt: skip


class Hub(types.ModuleType):
    """Stands for the package ``datasets`` and the Hub behind it; counts the rows that are fetched."""

    def __init__(self, rows=(), error=None):
        super().__init__("datasets")
        self.rows, self.error, self.fetched, self.asked = rows, error, 0, []

    def load_dataset(self, path, name=None, split=None, streaming=False):
        self.asked.append((path, name, split, streaming))
        if self.error:
            raise self.error
        return self._stream()

    def _stream(self):
        for row in self.rows:
            self.fetched += 1
            yield row


@pytest.fixture
def made(tmp_path, monkeypatch):
    def prepare(source, package, **arguments):
        monkeypatch.setitem(sys.modules, "datasets", package)
        listener = Listener()
        result = corpus.prepare(source, tmp_path, reporter=listener, **arguments)
        train, valid = ((tmp_path / "corpus" / name).read_text(encoding="utf-8") for name in ("train.txt", "valid.txt"))
        return result, train, valid, " | ".join(listener.said)

    return prepare


def test_documents_stay_documents_and_no_more_is_fetched_than_needed(made):
    package = Hub(ARTICLES)
    result, train, valid, said = made("hf:wikimedia/wikipedia:config=20231101.es", package, train_size=100)
    assert package.asked == [("wikimedia/wikipedia", "20231101.es", "train", True)]
    assert package.fetched <= 60 + 100  # 60 articles have what is needed; the column is guessed from the first 100
    documents = (train + "\n" + valid).strip("\n").split("\n\n")
    expected = [article["text"].replace("\n\n", "\n") for article in ARTICLES[:70]]
    assert len(documents) >= 55 and set(documents) <= set(expected)
    assert result["outputs"]["train.txt"]["lines"] == 100 and "column 'text' (left out: id, url, title)" in said
    fetched = package.fetched
    assert made("hf:wikimedia/wikipedia:20231101.es", package, train_size=100)[0]["up_to_date"]
    assert package.fetched == fetched  # without a look at the network
    assert not made("hf:wikimedia/wikipedia:20231101.es:column=title", package, train_size=100)[0]["up_to_date"]


def test_the_split_and_the_column_that_are_named(made):
    package = Hub(ARTICLES)
    _, train, _, _ = made("hf:ana/frases:split=test:column=title", package, train_size=50)
    assert train.startswith("T") and package.asked == [("ana/frases", None, "test", True)]


@pytest.mark.parametrize(
    "error, words",
    [
        (ValueError("Config name is missing.\nPlease pick one among the available configs: ['20231101.ab', "
        "'20231101.es']"),
         ["has several configs", "20231101.ab"]),
        (ValueError('Unknown split "tran". Should be one of [\'train\'].'), ["no such split"]),
        (RuntimeError("Dataset scripts are no longer supported, but found oscar.py"), ["Parquet"]),
        (type("DatasetNotFoundError", (Exception,), {})("Dataset 'a/b' doesn't exist on the Hub"), ["not on the Hub"]),
        (type("GatedRepoError", (Exception,), {})("401 Client Error"), [errors.hub_login(), "accept its terms"]),
        (ConnectionError("Couldn't reach the Hub"), ["network"]),
    ],
)  # fmt: skip
def test_what_the_hub_refuses(made, error, words):
    with pytest.raises(TutorialError) as raised:
        made("hf:ana/frases", Hub(error=error))
    assert all(word in str(raised.value) for word in words + ["hf:ana/frases"]) and "\n" not in str(raised.value)


def test_without_the_package(made):
    with pytest.raises(TutorialError, match="pip install datasets"):
        made("hf:ana/frases", None)


@pytest.mark.parametrize("source", ["hf:", "hf:a/b/c", "hf:a b", "hf:a/b:colum=text", "hf:../etc/passwd x"])
def test_names_that_are_none(source):
    with pytest.raises(TutorialError, match="hf:"):
        hub.Hub(source)


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_the_real_library_on_local_files(tmp_path, kind):
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "articles"
    folder.mkdir()
    if kind == "json":
        text = "".join(json.dumps(article) + "\n" for article in ARTICLES)
        (folder / "train.jsonl").write_text(text, encoding="utf-8")
    else:
        datasets.Dataset.from_list(ARTICLES).to_parquet(str(folder / "train.parquet"))
    result = corpus.prepare(f"hf:{folder}", tmp_path, train_size=None, reporter=Listener())
    parts = result["outputs"].values()
    assert sum(part["documents"] for part in parts) == 500 and sum(part["lines"] for part in parts) == 1000
