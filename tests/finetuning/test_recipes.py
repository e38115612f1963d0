"""The recipes of docs/finetuning.md, from the command to metrics and a prediction, in the sets' own formats."""

import json
import os
import subprocess
import sys
import warnings

import pytest

pytest.importorskip("transformers")
pytest.importorskip("torch")
pytest.importorskip("sklearn")


from helpers.finetuning.__main__ import main

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def process(*arguments):
    """What a command prints, and what it says beside; it must end well, and no library may warn."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers.finetuning"] + list(map(str, arguments)),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    said = done.stderr.decode()
    assert done.returncode == 0 and "Traceback" not in said, said
    assert "Warning" not in said and "warn" not in said.lower(), said
    return done.stdout.decode(), said


@pytest.fixture
def run(capsys):
    """As ``process``, in this process, which saves importing PyTorch and transformers."""

    def command(*arguments):
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            main(list(map(str, arguments)))
        return capsys.readouterr()

    return command


@pytest.fixture
def follow(model, run):
    """``follow(out, sentence, *arguments)``: train with a recipe's arguments, then label a sentence.

    Gives the result, what was said, what was predicted.
    """

    def train_and_predict(out, sentence, *arguments, run=run):
        settings = ["--rounds", 2, "--learning-rate", 0.02, "--batch-size", 4]
        printed, said = run("train", "--model", model, "--output-dir", out, *settings, *arguments)
        with open(os.path.join(str(out), "finetuning.json"), encoding="utf-8") as file:
            result = json.load(file)["result"]
        assert "accuracy {:.4g}".format(result["test"]["accuracy"]) in printed
        predicted, _ = run("predict", "--model", out, sentence)
        return result, said, [line.split("\t") for line in predicted.splitlines() if line]

    return train_and_predict


CONLL = [
    "Luis B-PER\nvive O\nen O\nMadrid B-LOC\n. O\n",
    "Ana B-PER\nNúñez I-PER\ncome O\npan O\n. O\n",
    "La B-ORG\ncasa I-ORG\ngrande I-ORG\nde O\nMadrid B-LOC\nduerme O\n",
    "Los O\npájaros O\ncantan O\n. O\n",
]
# The same in IOB1, as CoNLL-2003 has it, and in BIOES, as many libraries write it.
IOB1 = [text.replace("B-", "I-") for text in CONLL]
BIOES = [
    "Luis S-PER\nvive O\nen O\nMadrid S-LOC\n. O\n",
    "Ana B-PER\nNúñez E-PER\ncome O\npan O\n. O\n",
    "La B-ORG\ncasa I-ORG\ngrande E-ORG\nde O\nMadrid S-LOC\nduerme O\n",
    "Los O\npájaros O\ncantan O\n. O\n",
]


def conll2003(sentences):
    """Four columns and a line that begins a document."""
    rows = [[line.split() for line in text.splitlines()] for text in sentences]
    body = "\n".join("".join("%s NC I-NP %s\n" % tuple(row) for row in sentence) for sentence in rows)
    return "-DOCSTART- -X- -X- O\n\n" + body


@pytest.mark.parametrize("scheme", ["CoNLL-2002", "CoNLL-2003", "BIOES"])
def test_named_entities(follow, run, tmp_path, scheme):
    pytest.importorskip("seqeval")
    sentences = {"CoNLL-2002": CONLL, "CoNLL-2003": IOB1, "BIOES": BIOES}[scheme] * 4
    content = conll2003(sentences) if scheme == "CoNLL-2003" else "\n".join(sentences) + "\n"
    options, encoding = ([], "utf-8") if scheme != "CoNLL-2002" else (["--encoding", "latin-1"], "latin-1")
    paths = []
    for split, name in (("train", "esp.train"), ("valid", "esp.testa"), ("test", "esp.testb")):
        (tmp_path / name).write_bytes(content.encode(encoding))
        paths += ["--" + split, tmp_path / name]
    picture = ["--confusion", tmp_path / "confusion.png"]
    result, said, predicted = follow(
        tmp_path / "ner", "Luis vive en Madrid.", "--kind", "tokens", *options, *paths, *picture,
        run=process if scheme == "CoNLL-2002" else run,
    )  # fmt: skip
    test = result["test"]
    assert test["main"] == "entity_f1" and test["count"] == 20 * 4
    counts = {row[0]: row[4] for row in test["rows"]}
    assert {name: counts[name] for name in ("LOC", "ORG", "PER")} == {"LOC": 8, "ORG": 4, "PER": 8}
    precision, recall = test["entity_precision"], test["entity_recall"]
    assert test["entity_f1"] == pytest.approx(2 * precision * recall / (precision + recall) if precision else 0)
    assert "labels of the words: O " in said and "of 16 examples in the test set are in the training set too" in said
    assert [row[0] for row in predicted] == ["Luis", "vive", "en", "Madrid", "."] and len(predicted[0]) == 3
    printed, _ = run("evaluate", "--model", tmp_path / "ner", *options, "--file", tmp_path / "esp.testb")
    assert "entity_f1 {:.4g}".format(test["entity_f1"]) in printed


ANCORA = """\
# newdoc id = CESS-CAST-A-1
# sent_id = CESS-CAST-A-1-s1
# text = El perro vámonos del pan.
1	El	el	DET	da0ms0	Definite=Def|Gender=Masc	2	det	2:det	ArgTem=arg1:tem|Entity=(1
2	perro	perro	NOUN	ncms000	Gender=Masc	0	root	_	_
3-4	vámonos	_	_	_	_	_	_	_	_
3	vamos	ir	VERB	vmip000	Mood=Imp	2	dep	_	_
4	nos	yo	PRON	pp1	Case=Acc	3	obj	_	_
4.1	_	tú	PRON	p	_	_	_	3:nsubj	ArgTem=arg0:agt
5-6	del	_	_	_	_	_	_	_	SpaceAfter=No
5	de	de	ADP	sps00	_	7	case	_	_
6	el	el	DET	da0ms0	_	7	det	_	_
7	pan	pan	NOUN	ncms000	_	3	obl	_	SpaceAfter=No
8	.	.	PUNCT	fp	_	2	punct	_	_

# sent_id = CESS-CAST-A-1-s2
# text = Ana come
1	Ana	Ana	PROPN	np0000p	_	2	nsubj	_	_
2	come	comer	VERB	vmip3s0	_	0	root	_	_

"""


def test_parts_of_speech(follow, tmp_path):
    paths = []
    for split, name in (("train", "train"), ("valid", "dev"), ("test", "test")):
        path = tmp_path / ("es_ancora-ud-%s.conllu" % name)
        path.write_text(ANCORA * 6, encoding="utf-8")
        paths += ["--" + split, path]
    result, said, predicted = follow(tmp_path / "pos", "Ana come.", "--kind", "tokens", *paths)
    assert result["data"]["labels"] == ["ADP", "DET", "NOUN", "PRON", "PROPN", "PUNCT", "VERB"]
    assert result["test"]["count"] == 10 * 6, "words written as one are not counted twice, unwritten ones not at all"
    assert result["test"]["main"] == "accuracy" and "NOUN 20%" in said and "6 texts" not in said
    assert [row[0] for row in predicted] == ["Ana", "come", "."]


def test_paraphrases(follow, tmp_path):
    rows = "".join('%d\t"El perro" ladra , %d .\t"La casa %d duerme .\t%d\n' % (n, n, n, n % 2) for n in range(1, 25))
    paths = []
    for split, name in (("train", "translated_train"), ("valid", "dev_2k"), ("test", "test_2k")):
        (tmp_path / (name + ".tsv")).write_text("id\tsentence1\tsentence2\tlabel\n" + rows, encoding="utf-8")
        paths += ["--" + split, tmp_path / (name + ".tsv")]
    columns = ["--columns", "sentence1,sentence2,label"]
    result, _, predicted = follow(
        tmp_path / "paws", "El perro ladra\tLa casa duerme", "--kind", "sentences", *columns, *paths
    )
    assert result["data"]["labels"] == ["0", "1"] and result["test"]["count"] == 24
    assert predicted[0][0] == "El perro ladra | La casa duerme" and predicted[0][1] in "01"
    result, said, _ = follow(tmp_path / "unnamed", "Ana\tLuis", "--kind", "sentences", *paths)
    assert "text is read from 'sentence1' and 'sentence2', the label from 'label'; left out: id" in said
    assert result["test"]["count"] == 24


MULTINLI = (
    "gold_label sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 sentence2"
)
MULTINLI = (MULTINLI + " promptID pairID genre label1 label2 label3 label4 label5").split()


def test_inference(follow, tmp_path):
    """MultiNLI's fifteen columns, of which training files fill the first label alone; and its Spanish translation."""
    labels = ["entailment", "neutral", "contradiction", "-"]
    original = ["\t".join(MULTINLI)]
    for n in range(24):
        label = labels[n % 4]
        texts = ["El perro %d ladra." % n, 'La "casa" duerme.']
        trees = ["( El ( perro ladra ) )"] * 4
        original.append("\t".join([label] + trees + texts + ["1", "%de" % n, "fiction", label]))
    (tmp_path / "multinli.txt").write_text("\n".join(original) + "\n", encoding="utf-8")
    rows = ["premise\thypo\tlabel"]
    rows += ["El perro %d ladra .\tLa casa duerme .\t%s" % (n, labels[n % 3]) for n in range(24)]
    (tmp_path / "multinli.train.es.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    result, said, predicted = follow(
        tmp_path / "nli", "Ana come\tAna duerme", "--kind", "sentences",
        "--train", tmp_path / "multinli.train.es.tsv", "--valid", tmp_path / "multinli.txt",
    )  # fmt: skip
    assert result["data"]["labels"] == ["contradiction", "entailment", "neutral"]
    assert result["data"]["sentences"] == {"train": 24, "valid": 9, "test": 9}
    assert "6 examples labelled '-' (not agreed upon) are left out" in said
    assert "text is read from 'premise' and 'hypo', the label from 'label'" in said
    assert predicted[0][1] in labels[:3]
