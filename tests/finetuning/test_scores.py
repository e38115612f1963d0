"""Scores in place of classes: from files as STS-B has them to correlations, predictions and transformers' own class."""

import json
import math
import os

import pytest

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


from helpers import finetuning
from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.finetuning import __main__ as command
from helpers.finetuning import batches, metrics, tasks
from helpers.finetuning.tasks import SCORES, Example, task

TEXTS = "El perro ladra|La gata duerme|Ana come pan|Luis vive en Madrid|Los pájaros cantan|La casa grande".split("|")
# How alike two sentences are, from 20 to 100: as far apart in the list, as unlike.
PAIRS = [
    Example((one, other), str(100 - 16 * abs(a - b))) for a, one in enumerate(TEXTS) for b, other in enumerate(TEXTS)
]
TOLD = [Example((text,), str(20 + 16 * number)) for number, text in enumerate(TEXTS)]
QUICK = dict(rounds=10, patience=10, min_round_steps=20, batch_size=6, learning_rate=0.005)


@pytest.fixture(scope="module")
def learned(model, tmp_path_factory):
    """A network that has learned a score for each text by heart: its folder and the result."""
    folder = str(tmp_path_factory.mktemp("scores") / "out")
    return folder, finetuning.finetune(model, task(SCORES, TOLD, TOLD, TOLD, "a list"), folder, **QUICK)


def test_scores_are_learned_on_their_own_scale(learned):
    folder, result = learned
    test = result["test"]
    assert test["main"] == "pearson" and test["pearson"] > 0.9 and test["spearman"] > 0.8
    assert test["mean_error"] < 10 and test["count"] == 6, test
    found = finetuning.load(folder).predict([example.inputs[0] for example in TOLD])
    true = [float(example.labels) for example in TOLD]
    errors = [abs(one - other) for one, other in zip(found, true)]
    assert sum(errors) / len(errors) == pytest.approx(test["mean_error"], abs=1e-3), "what is saved is on that scale"
    again = finetuning.load(folder).evaluate(TOLD)
    assert again["pearson"] == pytest.approx(test["pearson"], abs=1e-5)


def test_transformers_alone_gives_the_same_scores(learned):
    folder, _ = learned
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    assert config["num_labels"] == 1 and config["problem_type"] == "regression" and config["id2label"] == {"0": "score"}
    _, transformers = loading.libraries()
    if not hasattr(transformers, "ElectraForSequenceClassification"):
        pytest.skip("transformers 2.8.0 has no class for sentences")
    with loading.quiet(transformers):
        theirs = transformers.ElectraForSequenceClassification.from_pretrained(folder).eval()
    assert theirs.config.num_labels == 1 and theirs.config.problem_type == "regression"
    encoder = loading.load_encoder(folder)
    ours = finetuning.load(folder)
    features, _ = batches.Featurizer(encoder, SCORES, ["score"]).features(TOLD + PAIRS[:5])
    *inputs, _ = batches.tensors(features, encoder.pad_token_id)
    with torch.no_grad():
        logits = theirs(inputs[0], attention_mask=inputs[1], token_type_ids=inputs[2])[0]
    assert torch.allclose(logits[:, 0], torch.tensor(ours.predict([e.inputs for e in TOLD + PAIRS[:5]])), atol=1e-3)


def test_the_command_from_a_table_to_a_prediction(model, tmp_path, capsys):
    """STS-B's Spanish translation: two texts and a score, parted by commas; and one with decimal commas."""
    rows = ["%s,%s,%.1f" % (*e.inputs, float(e.labels) / 20) for e in PAIRS]
    (tmp_path / "stsb.csv").write_text("\n".join(["sentence1,sentence2,score"] + rows) + "\n", encoding="utf-8")
    out = str(tmp_path / "out")
    command.main(
        ["train", "--model", model, "--kind", "scores", "--train", str(tmp_path / "stsb.csv"), "--output-dir", out,
         "--rounds", "2"]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert "scores of the sentences: from 1" in printed.err and "to 5, mean" in printed.err
    assert "pearson" in printed.out and "spearman" in printed.out and "precision" not in printed.out
    with open(os.path.join(out, "README.md"), encoding="utf-8") as file:
        card = file.read()
    assert "a score for each sentence" in card and "pearson" in card and "precision" not in card
    command.main(["predict", "--model", out, "El perro ladra\tLa gata duerme"])
    text, value = capsys.readouterr().out.strip().split("\t")
    assert text == "El perro ladra | La gata duerme" and 0 < float(value) < 6
    rows = ["%s;%s;%s" % (*e.inputs, str(float(e.labels) / 20).replace(".", ",")) for e in PAIRS]
    (tmp_path / "excel.csv").write_text("\n".join(["texto1;texto2;puntuación"] + rows) + "\n", encoding="utf-8")
    command.main(["evaluate", "--model", out, "--file", str(tmp_path / "excel.csv")])
    assert "count 36" in capsys.readouterr().out


@pytest.mark.parametrize(
    "labels, said",
    [
        (["1", "2", "mucho"] * 8, "the score 'mucho' of .* is no number: mend it, or take the kind sentences"),
        (["3"] * 24, "has the score 3 alone"),
    ],
)
def test_what_is_no_score_is_refused(labels, said):
    with pytest.raises(TutorialError, match=said):
        task(SCORES, [Example(("texto %d" % n,), label) for n, label in enumerate(labels)])


def test_what_scores_have_not_is_said(model, tmp_path):
    with pytest.raises(TutorialError, match="there are no built-in scores: name a file"):
        tasks.builtin(SCORES)
    (tmp_path / "a.tsv").write_text("".join("El pan\t%d.5\n" % (n % 7) for n in range(30)))
    with pytest.raises(TutorialError, match="are scores .* take the kind scores, or put ranges"):
        tasks.load("sentences", tmp_path / "a.tsv")
    arguments = ["train", "--model", model, "--kind", "scores", "--train", str(tmp_path / "a.tsv")]
    with pytest.raises(SystemExit):
        command.main(arguments + ["--output-dir", str(tmp_path / "out"), "--confusion", "a.png"])
    assert not (tmp_path / "out").exists()


def test_correlations():
    found = metrics.evaluate(SCORES, ["score"], [1, 2, 3, 4], [1, 4, 9, 16])
    assert found["spearman"] == pytest.approx(1) and found["pearson"] == pytest.approx(0.98437, abs=1e-4)
    assert found["mean_error"] == pytest.approx(5) and found["count"] == 4
    tied = metrics.evaluate(SCORES, ["score"], [1, 1, 2, 3], [2, 3, 3, 5])
    assert tied["spearman"] == pytest.approx(5 / 6)
    constant = metrics.evaluate(SCORES, ["score"], [1, 2], [3.0, 3.0])
    assert constant["pearson"] == constant["spearman"] == 0.0 and not math.isnan(constant["mean_error"])
