"""Files as people have them (tests/cases/text), a row for each: what is read of it, and what is said."""

import collections
import pathlib
import re

import pytest
from listener import Listener

from helpers.base.errors import TutorialError
from helpers.data import corpus
from helpers.data.corpus.account import skeleton

CASES = pathlib.Path(__file__).resolve().parents[1] / "cases" / "text"
PLAIN = [line for line in (CASES / "plain.txt").read_text(encoding="utf-8").split("\n") if line]


def lines_of(name, encoding="utf-8"):
    text = (CASES / name).read_bytes().decode(encoding).replace("\r\n", "\n")
    return [line.strip() for line in text.split("\n") if line.strip()]


class Read:
    """A file that is read: its lines, in any order; words of what is said; documents; the package it takes."""

    def __init__(self, lines, *said, documents=None, needs=None, dropped=False):
        self.lines, self.said, self.documents, self.needs, self.dropped = lines, said, documents, needs, dropped


class Refused:
    """A file that is refused, in a sentence with these words."""

    def __init__(self, *words):
        self.words = words


def itself(name, *said, encoding="utf-8", **more):
    return Read(lines_of(name, encoding), *said, **more)


# In the subtitles every seventh line comes with the next but one, as what another speaker says.
DIALOGUE = [
    line
    for number, line in enumerate(PLAIN)
    for line in ([line] + PLAIN[number + 2 : number + 3])[: 1 + (number % 7 == 5)]
]
MARKS = "400 lines with marks that are no language"
LATIN_WORDS = "text is taken from its column 'text' (left out: id)"

TABLE = {
    "plain.txt": Read(PLAIN),
    "movie.srt": Read(DIALOGUE, "adverts and credits within subtitles (2)"),
    "srt_as_txt.txt": Read(DIALOGUE, "adverts and credits within subtitles (2)"),
    "srt_folder": Read(DIALOGUE, "adverts and credits within subtitles (4)", "1 document (457 lines) dropped",
                       dropped=True),
    "corpus.jsonl": Read(PLAIN, LATIN_WORDS),
    "corpus_utf8.jsonl": Read(PLAIN, LATIN_WORDS),
    "jsonl_as.txt": Read(PLAIN, LATIN_WORDS),
    "corpus.csv": Read(PLAIN, LATIN_WORDS),
    "train.parquet": Read(PLAIN, needs="pyarrow"),
    "dataset.arrow": Read(PLAIN, needs="pyarrow"),
    "opus.xml": Read(PLAIN),
    "opus.xml.gz": Read(PLAIN),
    "wikiextractor.txt": Read(PLAIN, "titles of wiki pages (40)", documents=40),
    "conllu.txt": Read(PLAIN[:100]),
    "page.html": Refused("HTML", "pandoc"),
    "html_comment_first.txt": Refused("HTML", "pandoc"),
    "xml_error.txt": Refused("a server's error message", "address"),
    "doc.rtf": Refused("RTF", "pandoc"),
    "markdown.md": Refused("Markdown", "pandoc"),
    "plain.txt.bz2": Read(PLAIN),
    "plain.txt.zst": Read(PLAIN, needs="zstandard"),
    "es.zip": Read(PLAIN),
    "nested": Read(PLAIN),
    "brackets[1].txt": Read(PLAIN),
    "vocab_in_folder": Read(PLAIN, "hidden files (2)", "LICENSE files (1)", "README files (1)", "vocab.txt (1)"),
    "cp1252.txt": itself("cp1252.txt", "read as CP1252", encoding="cp1252"),
    "cp1251.txt": itself("cp1251.txt", "read as CP1251", encoding="cp1251"),
    "big5.txt": itself("big5.txt", "read as CP950", encoding="big5"),
    "mojibake.txt": Read(PLAIN, "decoded twice"),
    "nfd_spanish.txt": Read(PLAIN, "NFC"),
    "nfc_nfd_mix.txt": Read(PLAIN, "NFC"),
    "nbsp.txt": Read(PLAIN),
    "zwsp.txt": Read(PLAIN),
    "emoji.txt": itself("emoji.txt"),
    "special_tokens.txt": itself("special_tokens.txt", MARKS),
    "s_tags.txt": itself("s_tags.txt", MARKS),
    "endoftext.txt": itself("endoftext.txt", MARKS),
    **{f"{language}.txt": itself(f"{language}.txt", "stand in the training text too") for language in
       "chinese japanese korean thai arabic persian hindi russian turkish".split()},
    "dna.txt": itself("dna.txt", "300 words of over 200 letters"),
    "oscar_docs.txt": Read(None, "120 lines that held a paragraph or a document", "SPLIT_LINES", documents=120),
    "one_long_line.txt": Read(None, "1 line that held a paragraph or a document", "SPLIT_LINES"),
    "short_lines.txt": itself("short_lines.txt", "stand in the training text too"),
    "raya.txt": itself("raya.txt"),
    "dup.txt": itself("dup.txt", "100.0%", "results on the held-out text"),
    "blank_every_line.txt": Read(PLAIN, "nearly every line stands alone", "blanks_separate_docs", dropped=True),
}  # fmt: skip


def test_every_file_has_its_row():
    assert sorted(TABLE) == sorted(path.name for path in CASES.iterdir())


def test_no_file_of_the_reference_data_is_missing(shared):
    """Folder by folder, what stands beside the project's reference data as a case is a case here too."""
    folder = shared.parent / "cases"
    if not folder.is_dir():
        pytest.skip("needs the reference data's cases")
    for part in ("text", "vocabularies", "labels"):
        assert {path.name for path in (folder / part).iterdir()} <= {
            path.name for path in (CASES.parent / part).iterdir()
        }


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_file_as_people_have_it(name, tmp_path):
    row, listener = TABLE[name], Listener()
    if isinstance(row, Refused):
        with pytest.raises(TutorialError) as error:
            corpus.prepare(CASES / name, tmp_path, train_size=None, reporter=listener)
        assert name in str(error.value) and "\n" not in str(error.value)
        assert all(word in str(error.value) for word in row.words)
        return
    if row.needs:
        pytest.importorskip(row.needs)
    made = corpus.prepare(CASES / name, tmp_path, train_size=None, reporter=listener)
    train, valid = ((tmp_path / "corpus" / part).read_text(encoding="utf-8") for part in ("train.txt", "valid.txt"))
    lines = [line for line in (train + valid).split("\n") if line]
    words = [word for line in lines for word in line.split()]
    if row.dropped:
        assert set(lines) == set(row.lines)
    elif row.lines is not None:
        assert collections.Counter(lines) == collections.Counter(row.lines)
    else:  # a paragraph a line: the words in their order, in lines that an example can hold
        original = (CASES / name).read_text(encoding="utf-8").split()
        assert sorted(words) == sorted(original) and max(map(len, lines)) <= 400
    for said in row.said:
        assert said in " | ".join(listener.said), said
    if row.documents:
        assert sum(part["documents"] for part in made["outputs"].values()) == row.documents
    check_the_account(made, train, valid)
    if row.lines is not None:  # what came in, by the file's own right reading; copies in a folder come as often
        copies = 2 if name == "srt_folder" else 1
        assert made["account"]["lines_in"] == copies * len(row.lines)
        assert made["account"]["words_in"] == copies * sum(len(line.split()) for line in row.lines)


def check_the_account(made, train, valid):
    """The manifest's numbers against a count made here."""
    account, both = made["account"], made["overlap"]
    trained, held_out = ([line for line in text.split("\n") if line] for text in (train, valid))
    assert account["lines_trained"] == len(trained) and account["lines_held_out"] == len(held_out)
    assert account["words_trained"] == len(train.split()) and account["words_held_out"] == len(valid.split())
    assert account["lines_in"] == len(trained) + len(held_out) + account["lines_dropped"]
    assert account["words_in"] == account["words_trained"] + account["words_held_out"] + account["words_dropped"]
    exact, alike = set(trained), {re.sub(r"[\W_]", "", line.casefold()) for line in trained}
    assert both["lines"] == len(held_out) and both["exact"] == sum(line in exact for line in held_out)
    assert both["alike"] == sum(line in exact or (skeleton(line) or None) in alike for line in held_out)
