"""Text within marks: languages whose names begin alike, inline codes, documents, titles, split words."""

from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally


def read(text, name, **options):
    batches = formats.read([text.encode("utf-8")], name, Tally(), formats.Options(**options))
    return [line for batch in batches for line in batch]


def tmx(*segments):
    units = "".join(f'<tu><tuv xml:lang="{tag}"><seg>{text}</seg></tuv></tu>' for tag, text in segments)
    return f'<?xml version="1.0"?><tmx version="1.4"><header/><body>{units}</body></tmx>'


def test_a_language_whose_name_begins_alike_is_another_one():
    text = tmx(("es", "Hola"), ("es-MX", "Qué tal"), ("est", "Tere"))
    assert read(text, "a.tmx", language="es") == ["Hola", "Qué tal"] and read(text, "a.tmx", language="est") == ["Tere"]


def test_inline_codes_are_left_out():
    codes = "".join(f"Uno <{tag}>{{}}</{tag}>dos. " for tag in ("bpt", "ept", "it", "ph", "ut"))
    assert read(tmx(("es", codes)), "a.tmx") == [" ".join(["Uno dos."] * 5)]


def test_each_doc_of_an_opus_file_is_a_document():
    docs = "".join(f"<doc><s>{text}</s><s>Es {text}</s></doc>" for text in ("Uno", "Dos"))
    assert read(f'<?xml version="1.0"?><text>{docs}</text>', "a.xml") == ["Uno", "Es Uno", "", "Dos", "Es Dos"]


def test_of_a_wiki_page_only_its_title_is_left_out():
    pages = [("Ana", "Ana\n\nAna canta."), ("Madrid", "Es grande.\n\nMadrid")]
    pages.append(("Pan &amp; agua", "Pan &amp; agua\nSí."))
    text = "".join(f'<doc id="1" url="u" title="{title}">\n{page}\n</doc>\n' for title, page in pages)
    assert list(filter(None, read(text, "wiki_00"))) == ["Ana canta.", "Es grande.", "Madrid", "Sí."]


def test_a_word_of_two_hides_no_word_of_the_next_sentence():
    """In a treebank without ``# text``: 1-2 is how words 1 and 2 are written."""
    rows = ["1-2\tDel", "1\tDe", "2\tel", "3\tperro", "", "1\tEl", "2\tpan", "2.1\tes", "3\tbueno", ""]
    made = "".join(row + "\t_" * 8 * bool(row) + "\n" for row in rows)
    assert read(made, "es.conllu") == ["Del perro", "El pan bueno"]
