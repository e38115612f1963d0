"""The summary: five lines that say what was done, and a file with the numbers."""

import json

from helpers.tutorial import summary

CORPUS = {
    "parameters": {"source": "sample"},
    "outputs": {"train.txt": {"lines": 60000}, "valid.txt": {"lines": 600}},
}
EVALUATION = {"auc": 0.96512, "sentences": 1000, "fpr": [], "tpr": []}


def write(folder, corpus=CORPUS, held_out=None, evaluation=EVALUATION, unseen=None):
    (folder / "hparams.json").write_text('{"model_size": "tiny", "train_batch_size": 64, "tensorflow": "1.15.0"}')
    held_out = {"disc_auc": 0.94, "mlm_accuracy": 0.4, "step": 1500} if held_out is None else held_out
    training = {"step": 1500, "seconds": 81.4, "held_out": held_out, "model_dir": str(folder)}
    verdicts = {"Los pájaros están cantando": [], "Los pájaros están hablando": ["hablando"]}
    return summary.write(str(folder), corpus, training, evaluation, verdicts, 250.04, unseen)


def test_five_lines(tmp_path):
    assert write(tmp_path).splitlines() == [
        "corpus    built-in sample, 60,000 lines to train on, 600 lines held out",
        "steps     1,500 steps of batch 64, model tiny, TensorFlow 1.15.0",
        "time      4 min 10 s in all, 1 min 21 s of it training",
        "held-out  AUC 0.940 per token, AUC 0.965 per word over 1,000 sentences",
        "verdict   “Los pájaros están cantando”: nothing replaced; “Los pájaros están hablando”: replaced: hablando",
    ]


def test_words_that_never_stood_together_have_their_own_number(tmp_path):
    said = write(tmp_path, unseen=dict(EVALUATION, auc=0.9567))
    held_out = (
        "held-out  AUC 0.940 per token, AUC 0.965 per word over 1,000 sentences, 0.957 where the words never stood"
    )
    assert said.splitlines()[3] == held_out + " together"
    assert json.loads((tmp_path / "summary.json").read_text())["held_out"]["unseen_auc"] == 0.9567
    assert write(tmp_path, unseen=dict(EVALUATION, auc=None)) == write(tmp_path)


def test_the_file_gives_the_same_lines(tmp_path):
    said = write(tmp_path)
    content = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert set(content) == {"corpus", "steps", "seconds", "held_out", "verdict", "model"}
    assert summary.lines(content) == said
    assert content["held_out"] == {"disc_auc": 0.94, "mlm_accuracy": 0.4, "word_auc": 0.96512, "sentences": 1000}


def test_other_corpora_are_named_and_nothing_need_be_held_out(tmp_path):
    files = {"source": "files", "files": [["/home/me/uno.txt", 1, 2], ["/home/me/dos.txt.gz", 1, 2]]}
    said = write(tmp_path, dict(CORPUS, parameters=files), held_out={})
    assert "uno.txt, dos.txt.gz, " in said and "held-out  no tokens to judge by, AUC 0.965" in said
    web = {"source": "web", "url": "https://example.org/es.txt.gz"}
    assert "https://example.org/es.txt.gz" in write(tmp_path, dict(CORPUS, parameters=web))


def test_nothing_to_judge_by_is_said(tmp_path):
    nothing = {"auc": None, "sentences": 0, "fpr": [], "tpr": []}
    assert "held-out  AUC 0.940 per token, no sentences to judge by" in write(tmp_path, evaluation=nothing).splitlines()
    assert "held-out  no tokens to judge by, no sentences to judge by" in write(
        tmp_path, held_out={}, evaluation=nothing
    )
