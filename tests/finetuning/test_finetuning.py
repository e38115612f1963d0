"""Fine-tuning: labelled files, batches, training that stops and resumes, what is saved, the command."""

import gzip
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

import tiny_export

from helpers import finetuning
from helpers.base import files, progress
from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.finetuning import __main__ as command
from helpers.finetuning import (
    batches,
    curves,
    metrics,
    networks,
    tasks,
    training,
)
from helpers.finetuning.tasks import SENTENCES, TOKENS, Example, few, read_sentences, read_tokens, task

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUICK = dict(rounds=4, min_round_steps=10, batch_size=8, learning_rate=0.01)


def words(text, tags):
    return Example(tuple(text.split()), tuple(tags.split()))


TAGGED = [
    words("El perro ladra .", "DET NOUN VERB PUNCT"),
    words("La gata duerme .", "DET NOUN VERB PUNCT"),
    words("Los pájaros cantan .", "DET NOUN VERB PUNCT"),
    words("Ana come pan .", "PROPN VERB NOUN PUNCT"),
    words("Luis vive en Madrid .", "PROPN VERB ADP PROPN PUNCT"),
    words("¿ La casa grande ?", "PUNCT DET NOUN ADJ PUNCT"),
]
FITTING = [Example((text,), "sí") for text in ("El perro ladra", "La gata duerme", "Ana come pan")]
FITTING += [Example((text,), "no") for text in ("El pan ladra", "La casa duerme", "Ana ladra pan")]


def same(kind, examples):
    """A task that is measured on what it learns from: what can be learned by heart must be.

    The three splits are of different lengths: all six, the last five, and the first four the other way round.
    """
    return task(kind, examples, examples[1:], examples[3::-1], source="a list")


# Files


def test_words_and_labels_of_a_file(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("El\tDET\nperro\tNOUN\n\n\nAna\tPROPN\n", encoding="utf-8")
    expected = [words("El perro", "DET NOUN"), words("Ana", "PROPN")]
    assert read_tokens(path) == expected
    with gzip.open(str(path) + ".gz", "wb") as file:
        file.write("\ufeff-DOCSTART- O\r\n\r\nEl x DET\r\nperro y NOUN\r\n\r\nAna z PROPN".encode("utf-8"))
    assert read_tokens(str(path) + ".gz") == expected
    path.write_bytes("Núñez B-PER\n".encode("latin-1"))
    assert read_tokens(path, encoding="latin-1") == [words("Núñez", "B-PER")]
    path.write_text("1\tEl\tel\tDET\n")
    assert read_tokens(path, columns=("2", "4")) == [words("El", "DET")]


def test_universal_dependencies(tmp_path):
    path = tmp_path / "es.conllu"
    path.write_text(
        "# text = Del perro\n1-2\tDel\t_\t_\n1\tDe\tde\tADP\n2\tel\tel\tDET\n3\tperro\tperro\tNOUN\n3.1\tx\tx\tX\n"
    )
    assert read_tokens(path) == [words("De el perro", "ADP DET NOUN")]


@pytest.mark.parametrize(
    "content, said",
    [
        (b"El\tDET\nperro\n", r"a\.tsv, line 2: 'perro' has 1 column where a word and its label need 2"),
        (b"El\t\n", "line 1: the label is empty"),
        (b"\tDET\n", "line 1: the word is empty"),
        (b"\n\n", "holds no labelled sentence"),
        (b"El DET\nni\xf1o NOUN\n", r"line 2: this is no utf-8 text: name the file's encoding"),
    ],
)
def test_a_bad_file_of_words_is_one_sentence(tmp_path, content, said):
    (tmp_path / "a.tsv").write_bytes(content)
    with pytest.raises(TutorialError, match=said):
        read_tokens(tmp_path / "a.tsv")


def test_sentences_and_labels_of_a_file(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('sentence\tlabel\nEl "perro"\tsí\n\nLa gata\tno\n', encoding="utf-8")
    assert read_sentences(path) == [Example(('El "perro"',), "sí"), Example(("La gata",), "no")]
    path.write_text("id\tsentence1\tsentence2\tlabel\n7\tuno\tdos\t1\n")
    pair = [Example(("uno", "dos"), "1")]
    assert read_sentences(path, columns=("sentence1", "sentence2", "label")) == pair
    path.write_text("7\tuno\tdos\t1\n")
    assert read_sentences(path, columns=(2, 3, 4)) == pair
    path.write_text("uno\tdos\t1\n")
    assert read_sentences(path) == pair


@pytest.mark.parametrize(
    "content, columns, said",
    [
        ("El perro sí\n", None, "line 1: it has 1 column where text<TAB>label"),
        ("uno\tsí\ndos\n", None, r"line 2: 'dos' has 1 column where a text and its label need 2"),
        ("uno\tsí\ndos\tno\tno\n", None, r"line 2: .* has 3 columns"),
        ("uno\t \n", None, "line 1: the label is empty"),
        ("a\tb\n", ("text", "label"), "line 1: there is no column 'text' among a, b"),
        ("a\tb\n", ("0", "1"), "columns must be 2 numbers from 1 on"),
        ("a\tb\n", ("b",), "columns must name one or two texts and the label"),
        ("text\tlabel\n", None, "holds no labelled sentence"),
    ],
)
def test_a_bad_file_of_sentences_is_one_sentence(tmp_path, content, columns, said):
    (tmp_path / "a.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(TutorialError, match=said):
        read_sentences(tmp_path / "a.tsv", columns=columns)


def test_files_that_are_not_there_or_damaged(tmp_path):
    with pytest.raises(TutorialError, match="cannot be read .No such file"):
        read_tokens(tmp_path / "nowhere.tsv")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"El DET\n" * 50)[:-12])
    with pytest.raises(TutorialError, match="a.gz cannot be read"):
        read_tokens(tmp_path / "a.gz")
    (tmp_path / "b").write_text("El DET\n")
    with pytest.raises(TutorialError, match="no encoding 'latin-99'"):
        read_tokens(tmp_path / "b", encoding="latin-99")


def test_what_is_missing_is_held_out(tmp_path):
    lines = "".join("w%d\t%s\n\n" % (n, "XY"[n % 2]) for n in range(50))
    (tmp_path / "a.tsv").write_text(lines)
    one = tasks.load(TOKENS, tmp_path / "a.tsv")
    assert [len(split) for split in (one.train, one.valid, one.test)] == [40, 5, 5] and one.labels == ["X", "Y"]
    assert len(set(one.train + one.valid + one.test)) == 50
    two = tasks.load(TOKENS, tmp_path / "a.tsv", valid=tmp_path / "a.tsv")
    assert len(two.train) == 50 and not set(two.valid) & set(two.test) and len(two.valid) == 25
    with pytest.raises(TutorialError, match="too few to hold some out"):
        task(TOKENS, TAGGED[:2])
    with pytest.raises(TutorialError, match="a single label, 'sí'"):
        task(SENTENCES, FITTING[:3], FITTING[:3], FITTING[:3])
    with pytest.raises(TutorialError, match="one of tokens, sentences, scores, not 'words'"):
        tasks.load("words", tmp_path / "a.tsv")


@pytest.mark.parametrize("kind", [TOKENS, SENTENCES])
def test_the_built_in_sets_share_no_sentence(kind):
    made = tasks.builtin(kind, train=200, valid=40, test=60)
    splits = [{example.inputs for example in split} for split in (made.train, made.valid, made.test)]
    assert [len(split) for split in (made.train, made.valid, made.test)] == [200, 40, 60]
    assert not splits[0] & splits[1] and not splits[0] & splits[2] and not splits[1] & splits[2]
    assert made == tasks.builtin(kind, train=200, valid=40, test=60)
    assert made.train != tasks.builtin(kind, seed=1, train=200, valid=40, test=60).train
    if kind == SENTENCES:
        share = sum(example.labels == tasks.FITS for example in made.train) / 200
        assert 0.45 < share < 0.55
    else:
        assert {"DET", "NOUN", "VERB", "PUNCT"} <= set(made.labels)


def test_a_few_examples():
    labelled = same(SENTENCES, FITTING)
    for seed in range(4):
        four = few(labelled, 4, seed)
        assert sorted(example.labels for example in four) == ["no", "no", "sí", "sí"]
        assert few(labelled, 2, seed) == four[:2] and set(few(labelled, 99, seed)) == set(FITTING)
    assert len({tuple(few(labelled, 2, seed)) for seed in range(8)}) > 1


# Features


def test_a_word_has_one_place_and_its_label(encoder):
    made = batches.Featurizer(encoder, TOKENS, ["A", "B"])
    (feature,), _ = made.features([Example(("perros", "\u200b", "Los", "pan,pan"), ("A", "B", "A", "B"))])
    tokens = encoder.tokenizer.convert_ids_to_tokens(feature.ids)
    assert tokens == ["[CLS]", "perro", "##s", "[UNK]", "Los", "pan", ",", "pan", "[SEP]"]
    assert feature.places == [1, 3, 4, 5] and feature.targets == [0, 1, 0, 1] and set(feature.types) == {0}


def test_a_long_sentence_is_read_in_parts_and_no_word_is_lost(encoder):
    made = batches.Featurizer(encoder, TOKENS, ["A", "B"], max_length=5)
    example = Example(("perros", "Los", "pan", "gatas", "y"), tuple("ABABA"))
    features, owners = made.features([example, example])
    assert owners == [0, 0, 0, 1, 1, 1]
    assert all(len(feature.ids) <= 5 for feature in features)
    assert [target for feature in features[:3] for target in feature.targets] == [0, 1, 0, 1, 0]
    assert [len(feature.places) for feature in features[:3]] == [2, 2, 1]


def test_two_texts_are_told_apart_and_the_longer_is_cut(encoder):
    made = batches.Featurizer(encoder, SENTENCES, ["0", "1"], max_length=9)
    (feature,), _ = made.features([Example(("pan agua casa", "pan"), "1")])
    tokens = encoder.tokenizer.convert_ids_to_tokens(feature.ids)
    assert tokens == ["[CLS]", "pan", "agua", "casa", "[SEP]", "pan", "[SEP]"] and made.truncated == 0
    assert feature.types == [0, 0, 0, 0, 0, 1, 1] and feature.targets == [1] and feature.places == []
    (feature,), _ = made.features([Example(("pan " * 20, "agua casa"), "1")])
    tokens = encoder.tokenizer.convert_ids_to_tokens(feature.ids)
    assert tokens == ["[CLS]"] + ["pan"] * 4 + ["[SEP]", "agua", "casa", "[SEP]"] and made.truncated == 1


def test_targets_stand_where_words_begin():
    make = batches.Feature
    batch = [make([2, 7, 8, 3], [0] * 4, [1], [5]), make([2, 9, 3], [0] * 3, [1], [4])]
    ids, mask, types, targets = batches.tensors(batch, 0)
    ignored = batches.IGNORED
    assert targets.tolist() == [[ignored, 5, ignored, ignored], [ignored, 4, ignored, ignored]]
    assert ids.tolist()[1] == [2, 9, 3, 0] and mask.tolist()[1] == [1, 1, 1, 0] and types.sum() == 0


def test_a_round_has_every_sentence_once():
    features = [batches.Feature([2] + [7] * (number % 5) + [3], [], [], [number]) for number in range(23)]
    made = batches.batches(features, 4, random.Random(0))
    assert sorted(map(len, made)) == [3] + [4] * 5
    assert sorted(feature.targets[0] for batch in made for feature in batch) == list(range(23))
    assert batches.batches(features, 4, random.Random(0)) == made != batches.batches(features, 4, random.Random(1))
    assert sum(len({len(feature.ids) for feature in batch}) == 1 for batch in made) >= 2, "of like length together"


# Metrics


def test_labels_are_counted():
    found = metrics.evaluate(SENTENCES, ["a", "b", "c"], list("aabb"), list("abbb"))
    assert found["accuracy"] == 0.75 and found["labels"] == ["a", "b"] and found["confusion"] == [[1, 1], [0, 2]]
    assert found["rows"][0] == ["a", 1.0, 0.5, pytest.approx(2 / 3), 2] and found["main"] == "accuracy"
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)


def test_entities_are_counted_whole():
    pytest.importorskip("seqeval")
    labels = ["B-LOC", "B-PER", "I-PER", "O"]
    true = [("B-PER", "I-PER", "O", "B-LOC"), ("O", "B-LOC", "O", "O")]  # tuples, as examples hold them
    said = [["B-PER", "O", "O", "B-LOC"], ["O", "B-LOC", "B-PER", "B-LOC"]]  # half a name is no name
    found = metrics.evaluate(TOKENS, labels, true, said)
    assert found["main"] == "entity_f1" and found["entity_f1"] == pytest.approx(4 / 8)
    assert found["entity_precision"] == pytest.approx(2 / 5) and found["entity_recall"] == pytest.approx(2 / 3)
    assert found["accuracy"] == pytest.approx(5 / 8)
    assert found["rows"] == [["LOC", pytest.approx(2 / 3), 1.0, pytest.approx(0.8), 2], ["PER", 0.0, 0.0, 0.0, 1]]
    turned = metrics.evaluate(TOKENS, labels, said, true)
    assert turned["entity_precision"] == pytest.approx(2 / 3) and turned["entity_recall"] == pytest.approx(2 / 5)
    nothing = metrics.evaluate(TOKENS, labels, [("O", "O")], [["O", "O"]])
    assert nothing["entity_f1"] == 0 and nothing["accuracy"] == 1
    assert not metrics.is_entities(["NOUN", "O"]) and not metrics.is_entities(["O"])


# The same three entities, of two, one and one word, as the schemes write them; the last two stand side by side.
SCHEMES = {
    "IOB1": ("I-PER I-PER O I-LOC B-LOC", "I-PER I-PER O I-LOC I-LOC"),
    "IOB2": ("B-PER I-PER O B-LOC B-LOC", "B-PER I-PER O B-LOC I-LOC"),
    "BIOES": ("B-PER E-PER O S-LOC S-LOC", "B-PER E-PER O B-LOC E-LOC"),
    "BILOU": ("B-PER L-PER O U-LOC U-LOC", "B-PER L-PER O B-LOC L-LOC"),
}


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_every_scheme_counts_the_same_entities(scheme):
    pytest.importorskip("seqeval")
    true, joined = (tuple(labels.split()) for labels in SCHEMES[scheme])
    labels = sorted(set(true + joined))
    assert metrics.is_entities(labels)
    whole = metrics.evaluate(TOKENS, labels, [true], [true])
    assert whole["entity_f1"] == 1.0 and [row[-1] for row in whole["rows"]] == [2, 1]
    found = metrics.evaluate(TOKENS, labels, [true], [joined])  # two places taken for one
    assert found["entity_precision"] == pytest.approx(1 / 2) and found["entity_recall"] == pytest.approx(1 / 3)


# Training


@pytest.mark.parametrize("kind, examples", [(TOKENS, TAGGED), (SENTENCES, FITTING)])
def test_what_is_learned_is_saved_and_predicted(model, tmp_path, kind, examples, capsys):
    folder = str(tmp_path / "out")
    labelled = same(kind, examples)
    result = finetuning.finetune(model, labelled, folder, rounds=8, min_round_steps=20, learning_rate=0.02, patience=8)
    assert result["test"]["accuracy"] == 1.0 and not result["up_to_date"]
    assert result["history"][result["best"] - 1]["metric"] == max(row["metric"] for row in result["history"])
    assert sorted(os.listdir(str(tmp_path))) == ["out"], "the state of a finished run is left"
    loaded = finetuning.load(folder)
    assert loaded.evaluate(labelled.test)["accuracy"] == 1.0
    if kind == TOKENS:
        assert (result["valid"]["count"], result["test"]["count"]) == (22, 16), "words of five sentences and of four"
        found = loaded.predict(["El perro ladra.", "", "Ana come pan."])
        assert [(word, label) for word, label, _ in found[0]] == list(zip(*TAGGED[0])) and found[1] == []
        assert all(0 < share <= 1 for _, _, share in found[2])
    else:
        assert [label for label, _ in loaded.predict(["El perro ladra", "El pan ladra"])] == ["sí", "no"]
    again = finetuning.finetune(model, labelled, folder, rounds=8, min_round_steps=20, learning_rate=0.02, patience=8)
    assert again["up_to_date"] and again["test"] == json.loads(json.dumps(result["test"]))
    card = open(os.path.join(folder, "README.md"), encoding="utf-8").read()
    assert result["data"]["sentences"] == dict(train=6, valid=5, test=4)
    assert "6 sentences to learn from" in card and "learning_rate | 0.02" in card and "Limits" in card


@pytest.mark.parametrize("kind, examples", [(TOKENS, TAGGED), (SENTENCES, FITTING)])
def test_transformers_alone_gives_the_same_logits(model, tmp_path, kind, examples):
    import transformers

    labelled, folder = same(kind, examples), str(tmp_path / "out")
    finetuning.finetune(model, labelled, folder, **dict(QUICK, rounds=1))
    name = networks.ARCHITECTURES[kind]
    if not hasattr(transformers, name):
        pytest.skip("transformers %s has no %s" % (transformers.__version__, name))
    with loading.quiet(transformers):
        theirs = getattr(transformers, name).from_pretrained(folder).eval()
    assert theirs.config.id2label == dict(enumerate(labelled.labels))
    loaded = finetuning.load(folder)
    features, _ = loaded.featurizer.features(examples)
    ids, mask, types, _ = batches.tensors(features, 0)
    with torch.no_grad():
        expected = theirs(ids, attention_mask=mask, token_type_ids=types)[0].numpy()
        found = loaded.network(ids, mask, types).numpy()
    real = mask.numpy().astype(bool) if kind == TOKENS else slice(None)
    assert np.allclose(found[real], expected[real], atol=1e-5)


def fit(model, labelled, state_file=None, start="pretrained", report=None, **settings):
    chosen = finetuning.settings_of(dict(QUICK, **settings))
    quiet = report or progress.Reporter(silent=True)
    network, result = finetuning.fit(
        model, labelled, labelled.train, start, chosen, quiet, state_file, chosen._asdict()
    )
    return {name: value.numpy() for name, value in network.state_dict().items()}, result


class Interrupting(progress.Reporter):
    """Presses Ctrl-C at a step."""

    def __init__(self, at):
        super().__init__(silent=True)
        self.left = at

    def advance(self, amount=1, **values):
        self.left -= amount
        if self.left == 0:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_ends_as_one_that_was_not(model, tmp_path):
    labelled, state = same(TOKENS, TAGGED), str(tmp_path / "state")
    whole, expected = fit(model, labelled)
    for at in (15, 12):  # in the second round, and in the third
        with pytest.raises(KeyboardInterrupt):
            fit(model, labelled, state, report=Interrupting(at))
        assert os.path.isfile(state)
    resumed, result = fit(model, labelled, state)
    assert result["history"] == expected["history"] and not os.path.exists(state)
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    other, _ = fit(model, labelled, seed=1)
    assert any(not np.array_equal(whole[name], other[name]) for name in whole)


def test_a_damaged_state_or_another_runs_is_not_gone_on_from(model, tmp_path):
    labelled, state = same(TOKENS, TAGGED), str(tmp_path / "state")
    whole, _ = fit(model, labelled)
    with pytest.raises(KeyboardInterrupt):
        fit(model, labelled, state, report=Interrupting(15), seed=5)
    found, _ = fit(model, labelled, state)  # another seed's state
    assert all(np.array_equal(whole[name], found[name]) for name in whole)
    with pytest.raises(KeyboardInterrupt):
        fit(model, labelled, state, report=Interrupting(15))
    with open(state, "r+b") as file:
        file.truncate(100)
    said = []
    report = Interrupting(10**6)
    report.message = said.append
    found, _ = fit(model, labelled, state, report=report)
    assert all(np.array_equal(whole[name], found[name]) for name in whole)
    assert len(said) == 1 and "is damaged" in said[0] and "begins again" in said[0]


def test_another_model_start_setting_or_sentence_is_another_run(model, tmp_path):
    labelled, folder, quick = same(SENTENCES, FITTING), str(tmp_path / "out"), dict(rounds=1, min_round_steps=1)
    other = tiny_export.make(tmp_path / "other", seed=5)
    runs = [
        (model, labelled, "pretrained", quick),
        (other, labelled, "pretrained", quick),
        (other, labelled, "scratch", quick),
        (other, labelled, "scratch", dict(quick, seed=1)),
        (other, labelled._replace(test=labelled.test[1:]), "scratch", dict(quick, seed=1)),
        (other, labelled._replace(valid=labelled.valid[1:]), "scratch", dict(quick, seed=1)),
        (other, labelled._replace(train=labelled.train[1:]), "scratch", dict(quick, seed=1)),
    ]
    for folder_of, task_of, start, settings in runs:
        for up_to_date in (False, True):
            result = finetuning.finetune(folder_of, task_of, folder, start, **settings)
            assert result["up_to_date"] is up_to_date, (start, settings)
    assert result["data"]["sentences"] == dict(train=5, valid=5, test=4)


class Remembering(progress.Reporter):
    """Keeps the weights of ``network`` after each step, and whether it was in training then."""

    def __init__(self, network):
        super().__init__(silent=True)
        self.network, self.after = network, []

    def advance(self, amount=1, **values):
        if values:
            self.after.append({name: value.clone() for name, value in self.network.state_dict().items()})


# What was learned makes it worse: five of seven sentences have the other label here than in training.
CONTRARY = [Example(each.inputs, "no" if each.labels == "sí" else "sí") for each in FITTING[:5]] + FITTING[:2]


STEPS = 5  # of a round


def contrary(model, **settings):
    """A run on FITTING that is measured on CONTRARY: network, featurizer, outcome, weights after each step."""
    labelled = task(SENTENCES, FITTING, CONTRARY, FITTING)
    chosen = finetuning.settings_of(
        dict(min_round_steps=STEPS, batch_size=8, learning_rate=0.02, warmup=0.3, **settings)
    )
    network = networks.from_pretrained(model, SENTENCES, labelled.labels, 0)
    featurizer = batches.Featurizer(loading.load_encoder(model), SENTENCES, labelled.labels)
    report = Remembering(network)
    trained = training.train(network, featurizer, labelled, labelled.train, chosen, report)
    return network, featurizer, trained, report.after


def share_right(network, featurizer, weights):
    """The share of CONTRARY that a network with these weights labels right, counted here."""
    network.load_state_dict(weights)
    features, _ = featurizer.features(CONTRARY)
    ids, mask, types, targets = batches.tensors(features, 0)
    with torch.no_grad():
        return float((network.eval()(ids, mask, types).argmax(-1) == targets).float().mean())


def test_the_network_ends_with_the_weights_of_its_best_round(model):
    network, featurizer, trained, after = contrary(model, rounds=10, patience=10)
    assert trained.steps == len(after) == 10 * STEPS and len(trained.history) == 10
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    right = [row["metric"] for row in trained.history]
    rounds = after[STEPS - 1 :: STEPS]  # the weights at the end of each
    assert right == [pytest.approx(share_right(network, featurizer, weights)) for weights in rounds]
    assert right[-1] < max(right) and trained.best == right.index(max(right)) + 1 < 10
    assert all(torch.equal(kept[name], value) for name, value in rounds[trained.best - 1].items())
    assert any(not torch.equal(kept[name], value) for name, value in after[-1].items())
    assert all(torch.equal(after[-2][name], value) for name, value in after[-1].items()), "a last step of rate zero"
    assert any(not torch.equal(after[-3][name], value) for name, value in after[-2].items())


def test_training_stops_after_as_many_rounds_without_a_better_one_as_patience_says(model):
    for patience in (1, 3):
        trained = contrary(model, rounds=40, patience=patience)[2]
        right = [row["metric"] for row in trained.history]
        assert len(right) == trained.best + patience < 40 and max(right) == right[trained.best - 1]


def test_no_entity_yet_is_no_reason_to_stop(model):
    pytest.importorskip("seqeval")
    person, nobody = words("Ana come", "B-PER O"), words("La casa", "O O")
    labelled = task(TOKENS, [nobody] * 4, [person], [person])  # what is never learned is never found
    assert len(fit(model, labelled, rounds=4, patience=2, min_round_steps=1)[1]["history"]) == 4


def test_dropout_is_on_in_training_and_off_in_evaluation(model):
    network = networks.from_pretrained(model, SENTENCES, ["no", "sí"], 0)
    featurizer = batches.Featurizer(loading.load_encoder(model), SENTENCES, ["no", "sí"])
    modes = []
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.register_forward_hook(lambda layer, *unused: modes.append(layer.training))
    network.train()
    found = [training.predict(network, featurizer, FITTING)[1] for _ in range(3)]
    assert found[0] == found[1] == found[2] and modes and not any(modes)
    assert network.training, "and is again as it was"
    del modes[:]
    chosen = finetuning.settings_of(dict(rounds=1, min_round_steps=2))
    training.train(network, featurizer, same(SENTENCES, FITTING), FITTING, chosen, progress.Reporter(silent=True))
    training_steps = modes.count(True) // (len(modes) // 3)
    assert modes.index(False) > 0 and all(modes[: modes.index(False)]) and training_steps == 2


@pytest.mark.parametrize(
    "kind, before, asked, dropped",
    [
        (TOKENS, 0.0, None, 0.2),  # words do better with some, also where pre-training had none
        (TOKENS, 0.3, None, 0.3),
        (TOKENS, 0.0, 0.0, 0.0),
        (TOKENS, 0.3, 0.4, 0.4),
        (SENTENCES, 0.0, None, 0.0),
        (SENTENCES, 0.0, 0.4, 0.4),
    ],
)
def test_the_encoder_drops_one_share_everywhere(model, tmp_path, kind, before, asked, dropped):
    """In its embeddings, in attention and behind both outputs of each layer; the head has a dropout of its own."""
    folder = shutil.copytree(model, str(tmp_path / "model"))
    config = dict(loading.read_config(folder), hidden_dropout_prob=before, attention_probs_dropout_prob=before)
    files.write_json(os.path.join(folder, "config.json"), config)
    labelled = same(kind, TAGGED if kind == TOKENS else FITTING)
    found = networks.from_pretrained(folder, kind, labelled.labels, 0)
    featurizer = batches.Featurizer(loading.load_encoder(folder), kind, labelled.labels)
    settings = dict(rounds=1, min_round_steps=1, **({} if asked is None else dict(dropout=asked)))
    chosen, silent = finetuning.settings_of(settings), progress.Reporter(silent=True)
    training.train(found, featurizer, labelled, labelled.train, chosen, silent)
    shares = [module.p for module in found.electra.modules() if isinstance(module, torch.nn.Dropout)]
    assert shares == [dropped] * (1 + 3 * found.config.num_hidden_layers)
    every = [module.p for module in found.modules() if isinstance(module, torch.nn.Dropout)]
    assert set(every[len(shares) :]) == {networks.HEAD_DROPOUT}


def test_decay_spares_biases_and_layer_norms(model):
    network = networks.from_pretrained(model, TOKENS, ["a", "b"], 0)
    chosen = finetuning.settings_of(dict(learning_rate=0.5, weight_decay=0.1))
    optimizer = training._optimizer(torch, network, chosen)
    before = {}
    for name, parameter in network.named_parameters():
        torch.nn.init.constant_(parameter, 2.0)
        parameter.grad = torch.zeros_like(parameter)
        before[name] = parameter
    optimizer.step()
    for name, parameter in before.items():
        spared = "LayerNorm" in name or name.endswith("bias")
        assert torch.allclose(parameter, torch.tensor(2.0 if spared else 2.0 * (1 - 0.5 * 0.1))), name
    assert any("LayerNorm.weight" in name for name in before)


def test_a_round_has_its_least_number_of_steps_and_the_rate_follows_the_schedule(model):
    rates = []

    class Rates(progress.Reporter):
        def advance(self, amount=1, **values):
            rates.extend([values["loss"]] if values else [])

    _, result = fit(model, same(TOKENS, TAGGED), report=Rates(silent=True), rounds=2, min_round_steps=7, batch_size=4)
    assert result["steps"] == 2 * 8 == len(rates), "four passes of two batches are the first eight steps or more"
    assert [row["steps"] for row in result["history"]] == [8, 16]
    assert result["history"][0]["loss"] == pytest.approx(sum(rates[:8]) / 8, abs=1e-5)


def test_pretrained_weights_are_used_and_random_ones_are_random(model):
    given = loading.load_model(model, "ElectraForPreTraining").electra.state_dict()
    name = "encoder.layer.0.attention.self.query.weight"
    first = networks.from_pretrained(model, TOKENS, ["a", "b"], 3).state_dict()
    assert torch.equal(first["electra." + name], given[name])
    before = torch.random.get_rng_state()
    drawn = [networks.from_scratch(model, TOKENS, ["a", "b"], s).state_dict() for s in (3, 3, 4)]
    assert torch.equal(before, torch.random.get_rng_state())
    key = "electra." + name
    assert torch.equal(drawn[0][key], drawn[1][key]) and not torch.equal(drawn[0][key], drawn[2][key])
    assert not torch.equal(drawn[0][key], given[name])


def test_a_model_of_masked_words_is_a_start_too(tmp_path):
    folder = tiny_export.make(tmp_path / "generator", "ElectraForMaskedLM")
    _, result = fit(folder, same(TOKENS, TAGGED), rounds=1)
    assert result["steps"] == 10


def test_the_learning_rate_rises_and_falls():
    rates = [training.schedule(step, 100, 0.1) for step in range(1, 101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == 1 and rates[-1] == 0
    assert all(a > b for a, b in zip(rates[9:], rates[10:]))


@pytest.mark.parametrize(
    "settings, said",
    [
        (dict(learning_rte=1), "unknown setting 'learning_rte' of fine-tuning; did you mean 'learning_rate'"),
        (dict(rounds=0), "rounds must be at least 1"),
        (dict(learning_rate=0), "learning_rate must lie between 0 and 1"),
        (dict(warmup=1.0), "warmup is a share"),
        (dict(dropout=1.0), "dropout is a share, from 0 to below 1, not 1.0"),
        (dict(max_length=3), "max_length must be at least 5"),
    ],
)
def test_settings_that_cannot_be(model, tmp_path, settings, said):
    with pytest.raises(TutorialError, match=said):
        finetuning.finetune(model, same(TOKENS, TAGGED), str(tmp_path / "out"), **settings)
    assert not (tmp_path / "out").exists()


def test_folders_of_others_are_left_alone(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(TutorialError, match="would lose: choose another folder"):
        finetuning.finetune(model, same(TOKENS, TAGGED), str(tmp_path / "out"), **QUICK)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"
    with pytest.raises(TutorialError, match="not a fine-tuned one"):
        finetuning.load(model)
    with pytest.raises(TutorialError, match="no exported model"):
        finetuning.load(str(tmp_path / "nowhere"))


def test_a_diverging_run_says_so(tmp_path):
    """Weights that are no numbers stand for those that a run has blown up."""
    from safetensors.torch import load_file, save_file

    folder = tiny_export.make(tmp_path / "blown-up")
    path = os.path.join(folder, "model.safetensors")
    weights = load_file(path)
    weights["electra.embeddings.word_embeddings.weight"] *= float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(TutorialError, match="no longer a number in round 1: take a lower learning_rate than 0.01"):
        fit(folder, same(TOKENS, TAGGED))


# Pre-trained against from scratch


def test_the_comparison_is_gone_on_from(model, tmp_path, capsys):
    labelled, path = same(TOKENS, TAGGED), str(tmp_path / "curves.json")
    options = dict(sizes=(2, 99), rounds=1, min_round_steps=2)
    rows = curves.compare(model, labelled, path, seeds=(0,), **options)
    assert [(r["sentences"], r["start"]) for r in rows] == [(n, s) for n in (2, 6) for s in finetuning.STARTS]
    kept = json.load(open(path))
    kept["rows"][0]["value"] = 0.125
    json.dump(kept, open(path, "w"))
    more = curves.compare(model, labelled, path, seeds=(0, 1), **options)
    assert len(more) == 8 and more[0]["value"] == 0.125  # taken as it was
    headings, lines = curves.table(more)
    mean = (0.125 + more[2]["value"]) / 2
    assert headings[-1] == "gain" and lines[0][0] == 2 and lines[0][1].startswith("%.3f" % mean)
    capsys.readouterr()
    assert curves.compare(model, labelled, path, seeds=(0, 1), **options) == more
    assert "up to date" in capsys.readouterr().out
    other = curves.compare(model, labelled, path, seeds=(0,), **dict(options, min_round_steps=3))
    assert other[0]["value"] != 0.125
    with pytest.raises(TutorialError, match="seeds="):
        curves.compare(model, labelled, path, seed=3)


def test_a_seed_has_sentences_of_its_own_and_the_rows_are_of_the_test_set(model, tmp_path):
    """Each row is what a run by hand gives, with the sentences that the seed draws."""
    labelled = tasks.builtin(TOKENS, train=60, valid=10, test=40)
    quick = dict(rounds=1, min_round_steps=4)
    rows = curves.compare(model, labelled, str(tmp_path / "c.json"), sizes=(3,), seeds=(1, 2), **quick)
    assert [(row["sentences"], row["seed"], row["start"]) for row in rows] == [
        (3, seed, start) for seed in (1, 2) for start in finetuning.STARTS
    ]

    def by_hand(row, drawn):
        chosen = finetuning.settings_of(dict(quick, seed=row["seed"], learning_rate=row["learning_rate"]))
        _, result = finetuning.fit(model, labelled, few(labelled, 3, drawn), row["start"], chosen)
        return result

    for row in rows:
        result = by_hand(row, row["seed"])
        assert row["value"] == result["test"]["accuracy"] != result["valid"]["accuracy"]
        assert (row["main"], row["steps"], row["rounds"]) == ("accuracy", 4, 1)
        assert row["learning_rate"] == curves.RATES[row["start"]][0]
    assert any(row["value"] != by_hand(row, 0)["test"]["accuracy"] for row in rows), "other sentences show"


def test_each_start_has_rates_of_its_own_and_the_validation_set_chooses(model, tmp_path):
    # Whoever learns the training sentences is right about the validation set, and wrong about the test set.
    wrong = [Example(each.inputs, "no" if each.labels == "sí" else "sí") for each in FITTING]
    labelled = task(SENTENCES, FITTING, FITTING[1:], wrong)
    quick = dict(sizes=(6,), seeds=(0,), rounds=12, patience=12, min_round_steps=6)
    several = dict(pretrained=(1e-9, 0.02), scratch=(0.02, 1e-9))
    path = str(tmp_path / "several.json")
    found = curves.compare(model, labelled, path, rates=several, **quick)
    assert [(row["start"], row["learning_rate"]) for row in found] == [("pretrained", 0.02), ("scratch", 0.02)]
    assert all(row["value"] < 0.5 for row in found), "the test set has no say"
    other = curves.compare(model, labelled, path, learning_rate=1e-9, **dict(quick, rounds=1))
    assert [row["learning_rate"] for row in other] == [1e-9, 1e-9], "other rates are another comparison"
    quick = dict(sizes=(2,), seeds=(0,))
    with pytest.raises(TutorialError, match="give learning_rate, for every start, or rates for each: not both"):
        curves.compare(model, labelled, path, learning_rate=0.02, rates=several, **quick)
    with pytest.raises(TutorialError, match="rates names no learning rate for 'scratch'"):
        curves.compare(model, labelled, path, rates=dict(scratch=[]), **quick)
    with pytest.raises(TutorialError, match="learning_rate must lie between 0 and 1, not 3"):
        curves.compare(model, labelled, path, rates=dict(scratch=[3]), **quick)
    with pytest.raises(TutorialError, match="start is one of pretrained, scratch, not 'zero'"):
        curves.compare(model, labelled, path, starts=["zero"], **quick)


def test_figures():
    from helpers.plots import finetuning as plots

    rows = [
        dict(start=start, sentences=n, seed=seed, main="accuracy", value=value + seed / 50)
        for start, ends in (("pretrained", (0.6, 0.9)), ("scratch", (0.3, 0.8)))
        for n, value in zip((10, 100), ends)
        for seed in (0, 1)
    ]
    picture = plots.learning_curves(rows, curves.WORDS)
    assert picture.png().startswith(b"\x89PNG") and "pre-trained from 0.610 to 0.910" in picture.description
    evaluation = metrics.evaluate(SENTENCES, ["a", "$b"], ["a", "a", "$b"], ["$b", "a", "$b"])
    picture = plots.confusion_matrix(evaluation)
    assert picture.png() and picture.description == "Most often confused: a taken for $b, 1 times."
    with pytest.raises(TutorialError):
        plots.learning_curves([])


# The command


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "helpers.finetuning"] + list(map(str, arguments)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def written(path, examples):
    lines = ("\n".join("%s\t%s" % pair for pair in zip(*example)) for example in examples)
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_command_hands_on_each_file_and_each_setting(model, tmp_path, capsys):
    """Three files of different sentences, and no setting as by default, in this process."""
    files = [written(tmp_path / name, TAGGED[part]) for name, part in
             (("train", slice(0, 3)), ("valid", slice(3, 5)), ("test", slice(5, 6)))]  # fmt: skip
    splits = [part for pair in zip(("--train", "--valid", "--test"), map(str, files)) for part in pair]
    settings = "--learning-rate 0.02 --batch-size 2 --rounds 2 --patience 1 --max-length 12 --seed 7".split()
    out = tmp_path / "out"
    common = ["--model", model, "--kind", "tokens", *splits, "--output-dir", str(out)]
    command.main(["train", *common, *settings, "--start", "scratch"])
    printed = capsys.readouterr().out
    made = json.loads((out / "finetuning.json").read_text())
    assert made["result"]["data"]["sentences"] == dict(train=3, valid=2, test=1) and made["run"]["start"] == "scratch"
    assert (made["result"]["valid"]["count"], made["result"]["test"]["count"]) == (9, 5)
    expected = dict(learning_rate=0.02, batch_size=2, rounds=2, patience=1, max_length=12, seed=7)
    assert {name: made["run"]["settings"][name] for name in expected} == expected
    assert "accuracy %.4g" % made["result"]["test"]["accuracy"] in printed and "count 5" in printed
    assert finetuning.load(str(out)).featurizer.max_length == 12
    labelled = command._task(command.parser().parse_args(["train", *common]))
    assert (labelled.train, labelled.valid, labelled.test) == (TAGGED[:3], TAGGED[3:5], TAGGED[5:])
    command.main(["predict", "--model", str(out), "El perro ladra."])
    rows = [line.split("\t") for line in capsys.readouterr().out.split("\n") if line]
    assert [row[0] for row in rows] == ["El", "perro", "ladra", "."] and all(len(row) == 3 for row in rows)
    command.main(["evaluate", "--model", str(out), "--file", str(files[1])])
    assert "count 9" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["valid", "test", "columns", "encoding"])
def test_what_is_said_of_files_needs_files(name):
    """The built-in set is read from none."""
    words = ["train", "--model", "m", "--kind", "tokens", "--output-dir", "o", f"--{name}", "latin-1"]
    with pytest.raises(TutorialError, match=f"--{name} needs --train"):
        command._task(command.parser().parse_args(words))


def test_the_command_trains_and_refuses_in_one_sentence(model, tmp_path):
    file, out, picture = written(tmp_path / "a.tsv", TAGGED), tmp_path / "out", tmp_path / "c.png"
    done = run(
        "train", "--model", model, "--kind", "tokens", "--train", file, "--output-dir", out, "--rounds", "1",
        "--confusion", picture,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"accuracy" in done.stdout and picture.read_bytes().startswith(b"\x89PNG")
    file.write_text("El\n")
    done = run("evaluate", "--model", out, "--file", file)
    assert done.returncode == 1 and done.stderr.decode().startswith("error: %s, line 1:" % file)
    assert len(done.stderr.splitlines()) == 1
