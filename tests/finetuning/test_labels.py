"""Labelled files as people have them: what is read, what is recognized and said, what is refused and how."""

import csv
import gzip
import io
import json
import os
import warnings

import pytest

pytest.importorskip("transformers")
pytest.importorskip("torch")
pytest.importorskip("sklearn")


from helpers import finetuning
from helpers.base.errors import TutorialError
from helpers.finetuning import tasks
from helpers.finetuning.tasks import SENTENCES, TOKENS, Example, Labelled, describe, read_sentences, read_tokens, task

CASES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases", "labels")
QUESTION = Example(("¿Esos gatos están maullando?",), "pregunta")
COMMA = Example(("Isabel, Isabel hablará mañana.",), "frase")
FIRST_WORDS = ("¿Mi", "hija", "estaba", "apagando", "la", "lámpara?")

# file: kind, how many examples, one of them, what is said
READ = {
    "ok.tsv": (SENTENCES, 120, QUESTION, []),
    "comma.csv": (SENTENCES, 120, COMMA, ["first line names the columns", "a table parted by commas"]),
    "excel_es.csv": (SENTENCES, 120, COMMA, ["text is read from 'texto'", "parted by semicolons"]),
    "quoted.tsv": (SENTENCES, 120, COMMA, ["first line names the columns", "parted by tabs"]),
    "jsonl.jsonl": (SENTENCES, 120, COMMA, ["JSON lines"]),
    "label_first.tsv": (SENTENCES, 120, COMMA, ["the label is read from the first column"]),
    "numbers.tsv": (SENTENCES, 120, COMMA._replace(labels="1"), ["first line names the columns"]),
    "multilabel.tsv": (SENTENCES, 120, COMMA._replace(labels="frase,corto"), ["seem to name several classes"]),
    "imbalanced.tsv": (SENTENCES, 120, COMMA, ["rare labels: raro"]),
    "conflict.tsv": (SENTENCES, 60, QUESTION._replace(labels="a"), [
        "only 1 different text in 60 examples", "is labelled 'a' and 'b'", "6 of 6 examples in the test set",
    ]),
    "dup_texts.tsv": (SENTENCES, 360, COMMA, ["whose text is there already"]),
    "ner_ok.txt": (TOKENS, 80, Example(FIRST_WORDS, tuple("OOOOOO")), ["does not say where an entity begins"]),
    "ner_crlf.tsv": (TOKENS, 80, Example(FIRST_WORDS, tuple("OOOOOO")), ["single words are counted"]),
    "ner_json.json": (TOKENS, 80, Example(FIRST_WORDS, tuple("OOOOOO")), ["words from 'tokens', labels from"]),
    "ner_zero_width.tsv": (TOKENS, 80, Example(("\u200b",) + FIRST_WORDS[1:5] + ("\u200b",), tuple("OOOOOO")), [
        "words of nothing visible",
    ]),
    "ner_clean.txt": (TOKENS, 60, Example(
        tuple("Juan vive en Nueva York .".split()), tuple("B-PER O O B-LOC I-LOC O".split())
    ), ["only 1 different text"]),
    "conll2003.txt": (TOKENS, 80, Example(FIRST_WORDS, tuple("OOOOOO")), []),
    "conllu_ud.conllu": (TOKENS, 80, Example(FIRST_WORDS, ("NOUN",) * 6), []),
}  # fmt: skip
REFUSED = {
    "regress_like_many_labels.tsv": (SENTENCES, "has a label of its own .* say with columns"),
    "ner_csv.csv": (
        TOKENS,
        r"line 74: 'Sentence: 12\|Carmen\|\|NN\|X' has 5 columns where .* names 4: put quotation marks",
    ),
}


def test_every_case_has_a_row():
    assert set(os.listdir(CASES)) == set(READ) | set(REFUSED)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_file_is_read_learned_from_and_predicted_on(name, model, tmp_path, capsys):
    kind, count, one, said = READ[name]
    labelled = tasks.load(kind, os.path.join(CASES, name))
    everything = labelled.train + labelled.valid + labelled.test
    assert len(everything) == count and one in everything
    folder = str(tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no library's warning reaches the reader
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        result = finetuning.finetune(model, labelled, folder, rounds=1, min_round_steps=1, max_length=16)
    assert result["test"]["count"] and 0 <= result["test"]["accuracy"] <= 1
    written = capsys.readouterr().err
    assert "labels of the " + ("words" if kind == TOKENS else "sentences") in written and "Warning" not in written
    for part in said:
        assert part in written, part
    (found,) = finetuning.load(folder).predict(["Los pájaros cantan."])
    assert found[0][1] in labelled.labels if kind == TOKENS else found[0] in labelled.labels


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_is_refused_with_a_remedy(name, tmp_path):
    kind, said = REFUSED[name]
    with pytest.raises(TutorialError, match=said):
        tasks.load(kind, os.path.join(CASES, name))


def test_the_remedies_work(tmp_path):
    with open(os.path.join(CASES, "ner_csv.csv"), encoding="utf-8") as file:
        content = file.read()
    mended = tmp_path / "mended.csv"
    lines = [row.split(",") for row in content.splitlines()]
    lines = [row if len(row) == 4 else [row[0], ",".join(row[1:-2])] + row[-2:] for row in lines]
    with open(str(mended), "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    examples = read_tokens(mended)
    assert len(examples) == 80 and examples[0] == Example(FIRST_WORDS, tuple("OOOOOO"))
    assert any("Carmen," in example.inputs for example in examples)
    scores = tmp_path / "scores.tsv"
    values = [round(0.2 * n, 1) for n in range(26)]
    scores.write_text("".join("El pan %s\tLa casa %s\t%s\n" % (v, v, v) for v in values), encoding="utf-8")
    with pytest.raises(TutorialError, match="are scores .* put ranges of them into words"):
        tasks.load(SENTENCES, scores)
    scores.write_text(
        "".join("El pan %s\tLa casa %s\t%s\n" % (v, v, "low" if v < 2 else "high") for v in values), encoding="utf-8"
    )
    assert tasks.load(SENTENCES, scores).labels == ["high", "low"]


TEXTS = ['Dijo "hola", y se fue.', "Sin nada", "En dos\nlíneas; sí", "Con\ttabulador", "Último"]
EXPECTED = [Example((" ".join(text.split()),), "sí" if n % 2 else "no") for n, text in enumerate(TEXTS)]


def written(path, encoding="utf-8", header=True, index=False, **options):
    """The texts as a program writes them with Python's own csv, as pandas does."""
    rows = [["text", "label"]] * header + [[text, each.labels] for text, each in zip(TEXTS, EXPECTED)]
    if index:
        rows = [[("" if header else 0) if n == 0 else n - header] + row for n, row in enumerate(rows)]
    made = io.StringIO(newline="")
    csv.writer(made, **options).writerows(rows)
    path.write_bytes(made.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("index", [True, False])
def test_tables_with_quotes_line_breaks_names_and_an_index(tmp_path, mark, header, quoting, index):
    path = written(tmp_path / "a.csv", header=header, index=index, delimiter=mark, quoting=quoting)
    said = []
    assert read_sentences(path, say=said.append) == EXPECTED
    assert any("names the columns" in line for line in said) == header
    assert any("(no name)" in line or "only counts the lines" in line for line in said) == index
    assert read_sentences(path, columns=(2 + index - 1, 3 + index - 1)) == EXPECTED


def test_excels_unicode_text(tmp_path):
    """Tabs, UTF-16 with its mark, and quotation marks also around a text with a comma."""
    path = written(tmp_path / "a.txt", "utf-16", delimiter="\t")
    assert read_sentences(path) == EXPECTED
    path.write_bytes('texto\tetiqueta\r\n"Mira, la lluvia"\tsí\r\nEl sol\tno\r\n'.encode("utf-16"))
    assert read_sentences(path) == [Example(("Mira, la lluvia",), "sí"), Example(("El sol",), "no")]
    path.write_bytes(gzip.compress("El año\tsí\n".encode("cp1252")))  # recognized by its content
    with pytest.raises(TutorialError, match="line 1: this is no utf-8 text: name .*cp1252 for Excel"):
        read_sentences(path)
    assert read_sentences(path, encoding="cp1252") == [Example(("El año",), "sí")]


def test_quotation_marks_that_are_text(tmp_path):
    """PAWS-X and many others write tabs without any quoting."""
    path = tmp_path / "a.tsv"
    path.write_text('"Hola , dijo\tuno\n"Adiós" , dijo\tdos\nsin\tuno\n"todo"\tdos\n', encoding="utf-8")
    texts = ['"Hola , dijo', '"Adiós" , dijo', "sin", '"todo"']
    assert [example.inputs[0] for example in read_sentences(path)] == texts
    path.write_text('"Hola\tuno\nsin\tdos\notro "\tuno\n', encoding="utf-8")  # would be a cell of three lines
    assert [example.inputs[0] for example in read_sentences(path)] == ['"Hola', "sin", 'otro "']
    path.write_text('"\tPUNCT\nHola\tINTJ\n"\tPUNCT\n\n', encoding="utf-8")
    assert read_tokens(path) == [Example(('"', "Hola", '"'), ("PUNCT", "INTJ", "PUNCT"))]


def test_json_of_several_makes(tmp_path):
    objects = [dict(id=n, premise="Uno %d" % n, hypothesis="Dos", gold_label="ab-"[n % 3]) for n in range(9)]
    expected = [Example(("Uno %d" % n, "Dos"), "ab"[n % 3]) for n in range(9) if n % 3 < 2]
    for name, content in (
        ("a.json", json.dumps(objects)),
        ("a.jsonl", "\n".join(map(json.dumps, objects))),
        ("b.json", json.dumps(dict(version=1, data=objects))),
    ):
        said = []
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert read_sentences(tmp_path / name, say=said.append) == expected
        assert any("3 examples labelled '-' (not agreed upon) are left out" in line for line in said)
        assert any("'premise' and 'hypothesis'" in line and "left out: id" in line for line in said)
    (tmp_path / "c.jsonl").write_text('{"text": "Hola", "label": 1}\n{"text": "Adiós", "label": ["a", "b"]}\n')
    with pytest.raises(TutorialError, match="line 2: .* is a list, and a sentence gets just one label"):
        read_sentences(tmp_path / "c.jsonl")
    (tmp_path / "c.jsonl").write_text('{"text": "Hola", "label": 1}\n{"text": "Adi\n')
    with pytest.raises(TutorialError, match="line 2: this is no JSON"):
        read_sentences(tmp_path / "c.jsonl")
    (tmp_path / "c.jsonl").write_text('{"a": "Hola", "b": 1}\n')
    with pytest.raises(TutorialError, match=r"none of its names \(a, b\) is known .* say which with columns"):
        read_sentences(tmp_path / "c.jsonl")
    assert read_sentences(tmp_path / "c.jsonl", columns=("a", "b")) == [Example(("Hola",), "1")]


def test_fasttext_and_cola(tmp_path):
    path, said = tmp_path / "a.txt", []
    path.write_text("__label__bueno El pan , muy rico\n__label__malo La casa\n", encoding="utf-8")
    expected = [Example(("El pan , muy rico",), "bueno"), Example(("La casa",), "malo")]
    assert read_sentences(path, say=said.append) == expected and "fastText" in said[0]
    path.write_text("__label__a __label__b El pan\n")
    with pytest.raises(TutorialError, match="line 1: it has 2 labels .* keep one a line"):
        read_sentences(path)
    path.write_text("gj04\t1\t\tEl perro ladra.\ngj04\t0\t*\tPerro el ladra.\n")
    expected = [Example(("El perro ladra.",), "1"), Example(("Perro el ladra.",), "0")]
    assert read_sentences(path, say=said.append) == expected and "CoLA" in said[-1]
    path.write_text("a\tb\tc\td\n")
    with pytest.raises(TutorialError, match="line 1: it has 4 columns .* say with columns"):
        read_sentences(path)


def test_a_first_line_of_unknown_names_is_pointed_out(tmp_path):
    path, said = tmp_path / "a.tsv", []
    path.write_text("opinión\tnota\n" + "El pan %d\tbuena\nLa casa\tmala\n" * 6 % tuple(range(6)), encoding="utf-8")
    assert len(read_sentences(path, say=said.append)) == 13
    assert said[0].endswith("if it names the columns, give --columns 'opinión,nota'")
    assert len(read_sentences(path, columns="opinión,nota".split(","))) == 12


@pytest.mark.parametrize(
    "content, said",
    [
        (b"PK\x03\x04...", "a workbook or a zip archive: save it as CSV"),
        (b"PAR1...", "a Parquet file"),
        ("El pan\tsí\n".encode("utf-16-le"), "null characters"),
        (b"text,label\nHola, mundo,a\nAdi,b\n", "line 2: .* has 3 columns .* need 2"),
        (b"text\tlabel\nHola\t\nAdios\ta\nHey\t\n", r"line 2 \(and 1 more line like it\): the label is empty"),
    ],
)
def test_files_that_are_refused(tmp_path, content, said):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(TutorialError, match=said):
        read_sentences(tmp_path / "a.csv")


def test_uneven_lines_of_words_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("Luis B-PER\nvive O\nen O\nNueva York B-LOC\n")
    with pytest.raises(TutorialError, match="line 4: .* has 3 columns where the lines before have 2"):
        read_tokens(tmp_path / "a.txt")


def test_tables_with_a_word_a_row(tmp_path):
    expected = [Example(("Luis", "vive,"), ("B-PER", "O")), Example(("Sí",), ("O",))]
    path = tmp_path / "a.csv"
    for content in (
        'Sentence #,Word,POS,Tag\nSentence: 1,Luis,N,B-PER\n,"vive,",V,O\nSentence: 2,Sí,R,O\n',
        'sentence_id;word;tag\n1;Luis;B-PER\n1;"vive,";O\n2;Sí;O\n',
        'word,label\nLuis,B-PER\n"vive,",O\n\nSí,O\n',
        "token\ttag\nLuis\tB-PER\nvive,\tO\n\nSí\tO\n",
    ):
        path.write_text(content, encoding="utf-8")
        assert read_tokens(path) == expected, content


def test_a_text_is_never_learned_and_tested():
    examples = [Example(("texto %d" % (n % 40),), "ab"[n % 2]) for n in range(120)]
    for seed in range(5):
        made = task(SENTENCES, examples, seed=seed)
        splits = [{example.inputs for example in split} for split in (made.train, made.valid, made.test)]
        assert not splits[0] & splits[1] and not splits[0] & splits[2] and not splits[1] & splits[2]
        assert sum(map(len, (made.train, made.valid, made.test))) == 120


def test_what_is_said_of_a_task():
    train = [Example(("a%d" % n,), "x") for n in range(97)] + [Example(("b%d" % n,), "y") for n in range(3)]
    made = Labelled(SENTENCES, ["x", "y", "z"], train, [Example(("c",), "z")], [Example(("a1",), "x")], "s")
    said = describe(made)
    assert said == [
        "labels of the sentences: x 97%, y 3.0% (100 to learn from, 1 to stop by, 1 to test on)",
        "rare labels: y (3): who always says the commonest label is right 97% of the time, so look at macro_f1, the "
        "mean over labels, rather than at accuracy",
        "in the validation set alone: 'z' (1 time), which cannot be learned",
        "1 of 1 example in the test set are in the training set too, so that results there are too good",
    ]
    assert finetuning.digest(made) == finetuning.digest(made._replace(remarks=("read as something",)))
    even = Labelled(SENTENCES, ["x", "y"], train[:2] + train[-2:], [Example(("c",), "x")], [Example(("d",), "y")], "s")
    assert len(describe(even)) == 1
