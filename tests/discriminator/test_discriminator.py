"""Using an exported model: words and their tokens, the verdict, the generator's proposals, the evaluation."""

import json
import os
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest

pytest.importorskip("transformers")
pytest.importorskip("torch")

import numpy_electra
import tiny_checkpoint

from helpers import (
    conversion,
    discriminator,
    plots,
)
from helpers.base.errors import TutorialError
from helpers.discriminator import __main__ as command
from helpers.discriminator import (
    held_out,
    loading,
    swaps,
)
from helpers.discriminator.encoder import Encoded, Encoder, Word, split_punctuation

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SENTENCE = "Los pájaros están hablando"
SENTENCES = [SENTENCE, "¿Que no canta?", "El perro ladra, mi gata duerme.", "", "un niño", "zzz pan!"]
Pair = namedtuple("Pair", "original swapped position")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny exported model without a threshold: (folder of the discriminator, of the generator, variables)."""
    pytest.importorskip("tensorflow")
    from helpers.base.events import Reporter
    from helpers.conversion import export

    data_dir = str(tmp_path_factory.mktemp("model"))
    variables = tiny_checkpoint.make(data_dir)
    model_dir = os.path.join(data_dir, "models", "m")
    job = conversion.Job(model_dir, os.path.join(data_dir, "vocab.txt"), model_dir)
    result = export.convert(job, Reporter(), tiny_checkpoint.oracle(variables))
    return result["discriminator"]["folder"], result["generator"]["folder"], variables


@pytest.fixture(scope="module")
def loaded(model):
    return discriminator.load(model[0])


def oracle_probabilities(variables, encoded):
    ids = np.array([encoded.ids])
    logits = numpy_electra.discriminator_logits(variables, ids, np.ones_like(ids), 0 * ids, tiny_checkpoint.HEADS)
    return (1 / (1 + np.exp(-logits[0]))).tolist()


def test_probabilities_are_the_oracles(model, loaded):
    for sentence in SENTENCES + ["perros cantamente"]:  # words of two pieces
        encoded = loaded.encoder.encode(sentence)
        expected = oracle_probabilities(model[2], encoded)
        found = loaded.token_probabilities(sentence)
        assert [token for token, _ in found] == encoded.tokens
        assert np.allclose([p for _, p in found], expected, atol=1e-5)
        words = loaded.word_probabilities(sentence)
        assert [text for text, _ in words] == [word.text for word in encoded.words]
        assert np.allclose([p for _, p in words], [max(expected[w.first : w.end]) for w in encoded.words], atol=1e-5)
    assert [w.end - w.first for w in encoded.words] == [2, 2]


def test_a_batch_gives_what_each_sentence_alone_gives(loaded):
    for size in (1, 2, 64):
        for sentence, found in zip(SENTENCES, loaded.probabilities_of(SENTENCES, batch_size=size)):
            alone = loaded.word_probabilities(sentence)
            assert [word for word, _ in found] == [word for word, _ in alone]
            assert np.allclose([p for _, p in found], [p for _, p in alone], atol=1e-5)
    assert loaded.probabilities_of([]) == []


def test_accents_and_case_survive(loaded):
    assert loaded.encoder.encode("Los pájaros están").tokens == ["[CLS]", "Los", "pájaros", "están", "[SEP]"]
    assert "[UNK]" in loaded.encoder.encode("los pajaros").tokens
    assert loaded.encoder.encode("mañana").tokens == ["[CLS]", "[UNK]", "[SEP]"]  # only Mañana is known


def test_encoding_by_words_is_encoding_whole(loaded):
    tokenizer = loaded.encoder.tokenizer
    sentences = SENTENCES + [
        "pan,pan",
        "El [MASK].",
        "pan con  pan\t!",
        "«pan»…",
        "漢字pan",
        "pan\u200bpan",
        "5€ y 3,5%",
    ]
    for sentence in sentences:
        encoded = loaded.encoder.encode(sentence)
        assert encoded.ids == tokenizer.encode(sentence), sentence
        covered = [i for word in encoded.words for i in range(word.first, word.end)]
        assert covered == list(range(1, len(encoded.ids) - 1))


def test_words():
    assert split_punctuation("¿Cómo?") == ["¿", "Cómo", "?"]
    assert split_punctuation("d'Artagnan_2") == ["d", "'", "Artagnan", "_", "2"]
    assert split_punctuation("[MASK],sí[") == ["[MASK]", ",", "sí", "["]
    assert split_punctuation("漢字") == ["漢", "字"]
    lexical = [Word(text, 0, 1, 2).lexical for text in ("sí", "3", "¿", "...", "[MASK]")]
    assert lexical == [True, True, False, False, False]


def test_whitespace_words_keep_their_place(loaded):
    words = loaded.encoder.encode("¿Que no, canta?").words
    assert [(word.text, word.place) for word in words] == [
        ("¿", 0), ("Que", 0), ("no", 1), (",", 1), ("canta", 2), ("?", 2),
    ]  # fmt: skip


def test_long_sentences_are_cut_with_a_warning(loaded):
    long = "pan " * 50
    with pytest.warns(UserWarning, match="longer than the model's 24 tokens"):
        found = loaded.token_probabilities(long)
    assert len(found) == 24 and found[-1][0] == "[SEP]"
    with pytest.warns(UserWarning, match="1 sentences are longer"):
        loaded.probabilities_of([long, "pan"])


def test_verdict(loaded, model):
    """At a threshold that parts the words, and is not the one that is taken where there is none."""
    *_, second, first = sorted(p for _, p in loaded.word_probabilities(SENTENCE))
    assert second < first
    strict = discriminator.Discriminator(loaded.model, loaded.encoder, (first + second) / 2, "made for this test")
    assert strict.threshold_source == "made for this test"
    verdict = strict.verdict(SENTENCE)
    assert verdict.tokens == ["[CLS]", "Los", "pájaros", "están", "hablando", "[SEP]"]
    assert verdict.replaced == [int(p > strict.threshold) for p in verdict.probabilities]
    lines = str(verdict).splitlines()
    assert lines[0].split() == verdict.tokens
    assert lines[1].split() == [str(flag) for flag in verdict.replaced]
    assert lines[2].split() == ["%.2f" % probability for probability in verdict.probabilities]
    assert len(lines[0]) == len(lines[1]) == len(lines[2])
    assert "probability above %.3f" % strict.threshold in lines[-1] and verdict.threshold == strict.threshold
    (word,) = [word for word, p in loaded.word_probabilities(SENTENCE) if p == first]
    assert verdict.words == [word] and "called a replacement: %s (" % word in lines[-1]
    nothing = discriminator.Discriminator(loaded.model, loaded.encoder, 1.0).verdict(SENTENCE)
    assert not nothing.words and not any(nothing.replaced) and "called a replacement: nothing" in str(nothing)


def test_the_threshold_of_the_folder_or_of_the_command_is_used(model, loaded, tmp_path, capsys):
    import shutil

    folder = str(tmp_path / "folder")
    shutil.copytree(model[0], folder)
    config = dict(loading.read_config(folder), replaced_threshold=0.125, replaced_threshold_source="set here")
    (tmp_path / "folder" / "config.json").write_text(json.dumps(config))
    made = discriminator.load(folder)
    assert (made.threshold, made.threshold_source) == (0.125, "set here")
    verdict = made.verdict(SENTENCE)
    assert verdict.replaced == [int(p > 0.125) for p in verdict.probabilities]
    for arguments, threshold in ([], "0.125"), (["--threshold", "0.25"], "0.250"), (["--threshold", "0"], "0.000"):
        command.main([folder, SENTENCE, "El perro ladra", *arguments])
        said = capsys.readouterr().out
        assert said.count("probability above %s" % threshold) == 2 and "hablando" in said and "ladra" in said


def test_a_long_verdict_is_folded(loaded):
    text = str(loaded.verdict("pájaros hablando " * 10))
    assert max(map(len, text.splitlines())) <= 100
    assert text.split("called a replacement")[0].split().count("hablando") == 10


def test_threshold_falls_back_and_says_so(loaded):
    assert loaded.threshold == 0.5 and "falls back to 0.5" in loaded.threshold_source


def test_generator_fills_the_mask(model):
    generator = discriminator.load_generator(model[1])
    sentence = "Los pájaros están [MASK]."
    found = generator.fill_mask(sentence, top=5)
    encoded = generator.encoder.encode(sentence)
    ids = np.array([encoded.ids])
    logits = numpy_electra.mlm_logits(model[2], ids, np.ones_like(ids), 0 * ids, np.array([[4]]), heads=1)[0, 0]
    expected = np.exp(logits - logits.max())
    expected /= expected.sum()
    best = np.argsort(-expected)[:5]
    assert [token for token, _ in found] == [tiny_checkpoint.WORDS[i] for i in best]
    assert np.allclose([p for _, p in found], expected[best], atol=1e-5)
    assert [len(row) for row in generator.proposals("[MASK] perro [MASK]", top=3)] == [3, 3]
    assert np.isclose(sum(p for _, p in generator.fill_mask(sentence, top=10**6)), 1)
    for wrong, words in ((SENTENCE, "no .MASK."), ("[MASK] [MASK]", "exactly one")):
        with pytest.raises(TutorialError, match=words):
            generator.fill_mask(wrong)


def test_wrong_folders_are_named(model, tmp_path):
    with pytest.raises(TutorialError, match="no exported model"):
        discriminator.load(str(tmp_path / "none"))
    with pytest.raises(TutorialError, match="ElectraForMaskedLM, not for ElectraForPreTraining"):
        discriminator.load(model[1])
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(loading.read_config(model[0])))
    with pytest.raises(TutorialError, match="cannot be loaded"):
        discriminator.load(str(folder))


def test_missing_parameters_are_an_error(model, tmp_path):
    """transformers fills what is missing with random numbers and a remark; that is not good enough."""
    import shutil

    from safetensors.numpy import load_file, save_file

    folder = str(tmp_path / "holes")
    shutil.copytree(model[0], folder)
    path = os.path.join(folder, "model.safetensors")
    weights = load_file(path)
    weights.pop("discriminator_predictions.dense.bias")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(TutorialError, match="missing keys: discriminator_predictions.dense.bias"):
        discriminator.load(folder)


def test_only_text_is_a_sentence(loaded):
    with pytest.raises(TutorialError, match="must be text, not list"):
        loaded.verdict(["Los", "pájaros"])


class Letters:
    """A tokenizer whose tokens are letters."""

    cls_token_id, sep_token_id, pad_token_id, mask_token_id = 0, 1, 2, 3

    def encode(self, text):
        return [0] + [ord(letter) for letter in text] + [1]

    def convert_ids_to_tokens(self, ids):
        return [chr(i) for i in ids]


class Scripted(discriminator.Discriminator):
    """A discriminator that is suspicious of the letter x, more so the more there are in a word."""

    def __init__(self, threshold=0.5):
        super().__init__(None, Encoder(Letters(), 10**6), threshold)

    def scores(self, sentences, batch_size=64):
        encoded = [self.encoder.encode(sentence) for sentence in sentences]
        return [discriminator.Score(e, [self.suspicion(e, i) for i in range(len(e.ids))]) for e in encoded]

    @staticmethod
    def suspicion(encoded, position):
        for word in encoded.words:
            if word.first <= position < word.end:
                return min(0.9, 0.05 + 0.3 * word.text.count("x"))
        return 0.99  # special tokens are no words and must not count


PAIRS = [
    Pair("aa bb, cc.", "aa xx, cc.", 1),  # found: 0.65, highest
    Pair("aa bb cc", "aa bb xc", 2),  # missed: 0.35, highest
    Pair("aa xxb cc", "yy xxb cc", 0),  # missed: 0.05; a false alarm in both: 0.65
]


def test_evaluation_counts_words():
    result = discriminator.evaluate(Scripted(0.5), PAIRS)
    assert result["sentences"] == 6 and result["words"] == 18  # no punctuation
    # 15 true words: two at 0.65, the rest at 0.05; swapped: 0.65, 0.35, 0.05
    wins = (13 + 0.5 * 2) + 13 + 0.5 * 13
    assert np.isclose(result["auc"], wins / (3 * 15))
    assert np.isclose(result["recall"], 1 / 3) and np.isclose(result["precision"], 1 / 3)
    assert np.isclose(result["false_alarms"], 2 / 15)
    assert np.isclose(result["hits"], 2 / 3)
    # From the strictest threshold on: above 0.65 nothing, then one swapped word and two true ones, …
    at = [list(result["thresholds"]).index(threshold) for threshold in (0.65, 0.35)]
    assert [result["fpr"][n] for n in at] == [2 / 15, 2 / 15] and [result["tpr"][n] for n in at] == [1 / 3, 2 / 3]
    assert result["threshold"] == 0.5
    assert [(e["kind"], e["word"]) for e in result["errors"]] == [
        ("missed", "yy"), ("missed", "xc"), ("false alarm", "xxb"), ("false alarm", "xxb"),
    ]  # fmt: skip
    assert len(discriminator.evaluate(Scripted(), PAIRS, errors=1)["errors"]) == 2
    lower = discriminator.evaluate(Scripted(0.3), PAIRS)
    assert lower["threshold"] == 0.3 and np.isclose(lower["recall"], 2 / 3) and np.isclose(lower["precision"], 2 / 4)
    higher = discriminator.evaluate(Scripted(0.7), PAIRS)
    assert higher["recall"] == higher["precision"] == higher["false_alarms"] == 0 and higher["auc"] == result["auc"]


@pytest.mark.parametrize(
    "pairs, why",
    [
        ([], "no sentences of four words or more"),
        ([Pair("aa", "aa", 7)], "of 1 pairs of sentences, they hold no swapped word"),
        ([Pair("...", "!!", 0)], "the sentences hold no words"),
    ],
)
def test_nothing_to_judge_by_is_said(pairs, why, capsys):
    result = discriminator.evaluate(Scripted(), pairs)
    assert result["auc"] is None and why in result["nothing"] and why in capsys.readouterr().out
    assert why.split()[-1] in plots.roc_curve(result).description


def test_parts_of_text_without_blanks_are_counted_one_by_one():
    pairs = [
        swaps.Swap("我们，唱歌 好", "我们，x跑 好", 0, (3, 4)),
        swaps.Swap("我们，唱歌 好", "我们，唱歌 x", 1, (0,)),
    ]
    result = discriminator.evaluate(Scripted(), pairs)
    assert result["words"] == 20 and result["recall"] == 0 and result["nothing"] is None
    assert [error["word"] for error in result["errors"]] == ["跑", "x", "x"]


def test_threshold_is_the_ninety_ninth_percentile(tmp_path):
    path = tmp_path / "valid.txt"
    path.write_text("\n\n".join(["aa bb, cc."] * 98 + ["aa xx, xb."] * 2), encoding="utf-8")
    value, how, words = held_out.threshold(Scripted(), str(path))
    assert words == 300 and "300 true words in 100 held-out sentences" in how
    # Two of 300 words are at 0.65, two at 0.35: one in a hundred lies above, so it is at 0.35 or a little below.
    assert value == pytest.approx(np.percentile([0.05] * 296 + [0.35] * 2 + [0.65] * 2, 99)) and 0.05 < value < 0.65
    path.write_text("\n... !\n")
    assert held_out.threshold(Scripted(), str(path))[0] is None


def test_sample_is_even_in_order_and_the_same_every_time(tmp_path):
    path = str(tmp_path / "text.txt")
    with open(path, "w") as file:
        file.write("".join("%d\n\n" % i for i in range(1000)))
    lines = [int(line) for line in held_out.sample(path, 100)]
    assert lines == sorted(set(lines)) and len(lines) == 100
    assert 400 < np.mean(lines) < 600
    assert lines == [int(line) for line in held_out.sample(path, 100)]
    assert len(held_out.sample(path, 5000)) == 1000


def test_the_number_of_threads_is_left_as_it_was(loaded):
    torch, _ = loading.libraries()
    before = torch.get_num_threads()
    loaded.scores(SENTENCES)
    assert torch.get_num_threads() == before


OTHER_PYTHONS = [os.path.join(ROOT, folder, "bin", "python") for folder in (".venv", ".venv-tf2")]
OTHER_PYTHONS += [os.environ["ELECTRA_TF_PYTHON"]] if os.environ.get("ELECTRA_TF_PYTHON") else []
OTHER_PYTHONS = [
    p for p in OTHER_PYTHONS if os.path.exists(p) and os.path.dirname(p) != os.path.dirname(sys.executable)
]

LOGITS = """
import json, sys
import transformers
from helpers import discriminator
loaded, generator = discriminator.load(sys.argv[1]), discriminator.load_generator(sys.argv[2])
ids = [loaded.encoder.encode(sentence).ids for sentence in json.loads(sys.argv[3])]
logits = [discriminator.loading.logits(model, ids, 0)[0].tolist() for model in (loaded.model, generator.model)]
print(json.dumps([transformers.__version__, ids] + logits))
"""


@pytest.mark.skipif(not OTHER_PYTHONS, reason="only one of the two environments is there")
def test_the_other_transformers_says_the_same(model):
    """The folders written here, read by another transformers on another Python: same logits to 1e-4."""
    versions = []
    for python in [sys.executable] + OTHER_PYTHONS:
        command = [python, "-c", LOGITS, model[0], model[1], json.dumps(SENTENCES)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        versions.append(json.loads(done.stdout.decode().splitlines()[-1]))
    for other in versions[1:]:
        assert other[1] == versions[0][1]
        longest = max(map(len, other[1]))
        real = np.array([[1] * len(ids) + [0] * (longest - len(ids)) for ids in other[1]]) == 1
        for mine, theirs in zip(versions[0][2:], other[2:]):
            assert np.abs(np.array(mine) - np.array(theirs))[real].max() < 1e-4


def test_encoded_is_plain_data(loaded):
    encoded = loaded.encoder.encode("Mi gata duerme.")
    assert isinstance(encoded, Encoded) and all(isinstance(i, int) for i in encoded.ids)


def test_a_bare_kernel_can_import_it():
    code = "import sys; import helpers.discriminator, helpers.conversion; "
    code += "assert not {'torch', 'transformers', 'numpy', 'tensorflow'} & set(sys.modules), sorted(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
