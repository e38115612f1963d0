"""Objectives at equal compute, the search for a recipe, and the comparison of models by what they are worth."""

import contextlib
import dataclasses
import glob
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_export

from benchmarks import objectives as command
from benchmarks import quality, recipes
from helpers import discriminator, finetuning, plots
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data import corpus, dataset, vocabulary
from helpers.discriminator import pairs
from helpers.finetuning import curves, tasks
from helpers.finetuning.tasks import Example, task
from helpers.pretraining import flops, hyperparameters, run_state, shapes
from helpers.tutorial import objectives, presets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.parametrize("steps", [500, 7000])
def test_every_objective_costs_the_same(tmp_path, steps):
    made = {name: objectives.settings_of(str(tmp_path), name, steps) for name in objectives.OBJECTIVES}
    budget = made["ELECTRA"][1]
    for settings, flops_of in made.values():
        resolved = hyperparameters.resolve(settings)
        assert flops_of == budget
        assert abs(flops.training_flops(resolved) - budget) <= 0.51 * flops.step_flops(resolved)
        assert resolved.num_warmup_steps == pytest.approx(resolved.num_train_steps / 10, abs=2)
    assert made["ELECTRA"][0]["num_train_steps"] == made["ELECTRA 15%"][0]["num_train_steps"] == steps
    assert made["masked LM"][0]["num_train_steps"] > 1.2 * steps, "masked LM trains no second network"
    resolved = {name: hyperparameters.resolve(settings) for name, (settings, _) in made.items()}
    assert [each.electra_objective for each in resolved.values()] == [True, True, False]
    assert [each.loss_on_all_tokens for each in resolved.values()] == [True, False, True]
    overrides = {json.dumps(each.model_hparam_overrides, sort_keys=True) for each in resolved.values()}
    assert len(overrides) == 1 and len({each.train_batch_size for each in resolved.values()}) == 1


def test_an_unknown_objective_is_refused(tmp_path):
    with pytest.raises(TutorialError, match="objective 'BERT' is not one of: ELECTRA, ELECTRA 15%, masked LM"):
        objectives.settings_of(str(tmp_path), "BERT", 10)


SMALL = dict(
    model_size="tiny", max_seq_length=24, train_batch_size=4, eval_batch_size=4, num_eval_steps=1,
    model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64),
)  # fmt: skip


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """DATA_DIR with a small text, its vocabulary and its examples."""
    if not importlib.util.find_spec("tensorflow"):
        pytest.skip("needs TensorFlow")
    folder = str(tmp_path_factory.mktemp("objectives") / "data")
    corpus.prepare("sample", folder, train_size=300)
    vocabulary.prepare("train:300", folder)
    dataset.build(folder, max_seq_length=24, one_sentence_per_example=True)
    return folder


def tagged(count):
    """Sentences whose tags nobody could learn, so that each network is right about others of them."""
    draw, words = random.Random(count), tiny_export.WORDS[7:]
    lengths = [draw.randint(3, 6) for _ in range(count)]
    return [Example(tuple(draw.choices(words, k=n)), tuple(draw.choices("ABCDE", k=n))) for n in lengths]


def test_models_are_trained_judged_and_not_made_again(data_dir, tmp_path):
    labelled = {"t": task("tokens", tagged(8), tagged(4), tagged(90))}
    fine = dict(rounds=1, min_round_steps=1)
    options = dict(steps=(4,), seeds=(1,), labelled=labelled, sentences=6, objectives=["masked LM"], base=SMALL, **fine)
    folder = str(tmp_path / "out")
    (first,) = objectives.compare(data_dir, folder, **options)
    settings, budget = objectives.settings_of(data_dir, "masked LM", 4, SMALL)
    told = {name: first[name] for name in ("objective", "steps", "flops", "seed", "task", "sentences", "main")}
    assert told == dict(objective="masked LM", steps=settings["num_train_steps"], flops=budget, seed=1, task="t",
                        sentences=6, main="accuracy")  # fmt: skip
    (model,) = glob.glob(os.path.join(folder, "data", "models", "masked-LM-*"))
    trained = files.read_json(os.path.join(model, "hparams.json"))
    assert {name: trained[name] for name in settings} == settings and trained["seed"] == 1

    def fitted(start, *rates):
        chosen, examples = finetuning.settings_of(dict(fine, seed=1)), tasks.few(labelled["t"], 6, 1)
        generator = os.path.join(model, "generator")
        tuned = finetuning.fit_at_best_rate(generator, labelled["t"], examples, start, chosen, rates)[1]
        return dict(value=tuned["test"]["accuracy"], learning_rate=tuned["settings"]["learning_rate"])

    usual = finetuning.settings_of({}).learning_rate
    values = [{name: row[name] for name in ("value", "learning_rate")} for row in [first]]
    assert values == [fitted("pretrained", usual)] and first["learning_rate"] == usual
    checkpoint = os.stat(os.path.join(model, "checkpoint")).st_mtime_ns
    (other,) = objectives.compare(data_dir, folder, rates=(0.01, 1e-6), **options)
    assert {name: other[name] for name in ("value", "learning_rate")} == fitted("pretrained", 0.01, 1e-6)
    both = objectives.compare(data_dir, folder, scratch=True, **options)
    assert both[0] == first and both[1] == dict(
        first, objective=objectives.RANDOM, steps=0, flops=0, **fitted("scratch", usual)
    )
    assert both[1]["value"] != first["value"], "so that the two can be told apart"
    assert os.stat(os.path.join(model, "checkpoint")).st_mtime_ns == checkpoint, "the model is judged anew, not trained"
    shutil.rmtree(os.path.join(folder, "data"))
    assert objectives.compare(data_dir, folder, scratch=True, **options) == both
    assert os.listdir(folder) == ["rows.json"], "nothing was done again"
    assert objectives.of_task(both, "t") == both and objectives.of_task(both, "other") == []
    said = command.table(both).splitlines()
    assert len(said) == 4 and said[2].startswith("| t | 0 | random weights | 0 | %.3f |" % both[1]["value"])
    assert said[3].startswith("| t | ") and "| masked LM | " in said[3]
    with pytest.raises(TutorialError, match="give learning_rate, or rates to choose from: not both"):
        objectives.compare(data_dir, folder, rates=(0.01,), learning_rate=0.1, **options)


def test_the_table_is_that_of_the_rows_that_come_along():
    rows = files.read_json(os.path.join(ROOT, "benchmarks", "objectives.json"))
    with open(os.path.join(ROOT, "docs", "finetuning.md"), encoding="utf-8") as file:
        shown = file.read().split("<!-- objectives -->\n")[1].split("\n<!-- /objectives -->")[0]
    assert shown == command.table(rows)
    named = {row["objective"] for row in rows}
    assert named == {*objectives.OBJECTIVES, objectives.RANDOM} and {row["seed"] for row in rows} >= {0, 1, 2}


def test_what_is_kept_is_what_the_project_shows(tmp_path):
    """One call writes the rows, both pictures and the table, and leaves the rest of the page as it is."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "finetuning.md"
    page.write_text("before\n<!-- objectives -->\nold\n<!-- /objectives -->\nafter\n", encoding="utf-8")
    rows = [row for row in files.read_json(os.path.join(ROOT, "benchmarks", "objectives.json")) if row["seed"] == 0]
    command.keep(rows, str(tmp_path))
    assert files.read_json(str(tmp_path / "benchmarks" / "objectives.json")) == rows
    shown = "before\n<!-- objectives -->\n%s\n<!-- /objectives -->\nafter\n" % command.table(rows)
    assert page.read_text(encoding="utf-8") == shown
    names = sorted(path.name for path in (tmp_path / "docs").iterdir())
    assert names == ["finetuning.md", "objectives-sentences.png", "objectives-tokens.png"]


def test_quality_against_compute_is_drawn():
    values = [("ELECTRA", 1e10, 0, 0.5), ("ELECTRA", 1e10, 1, 0.7), ("ELECTRA", 4e10, 0, 0.8), ("none", 0, 0, 0.4)]
    rows = [dict(zip(("objective", "flops", "seed", "value"), row)) for row in values]
    picture = plots.quality_against_compute(rows)
    assert picture.png().startswith(b"\x89PNG")
    assert picture.description.endswith("left to right: ELECTRA from 0.600 to 0.800; none 0.400.")
    (axes,) = picture.axes
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert named == ["ELECTRA: mean of 1 to 2 seeds", "none: 1 seed"]
    assert list(axes.get_xticks()) == [1e10, 4e10], "what took no operations has no place on a log scale"


@contextlib.contextmanager
def interrupted(models):
    """Ctrl-C reaches this process as soon as a run under ``models`` gives a sign of life."""
    over = threading.Event()

    def press():
        while not over.wait(0.05):
            if glob.glob(os.path.join(models, "*", run_state.LIVE_FILE)):
                os.kill(os.getpid(), signal.SIGINT)
                return

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_run_that_was_stopped_is_not_judged(data_dir, tmp_path):
    folder, labelled = str(tmp_path / "out"), {"t": task("tokens", tagged(2), tagged(2), tagged(2))}
    with interrupted(os.path.join(folder, "data", "models")):
        with pytest.raises(
            TutorialError, match=r"masked-LM-.* was stopped at step \d+ of \d+: the same command goes on"
        ):
            objectives.compare(
                data_dir, folder, steps=(10000,), objectives=["masked LM"], base=SMALL, labelled=labelled
            )
    assert not os.path.exists(os.path.join(folder, "rows.json"))
    with interrupted(os.path.join(data_dir, "models")):
        with pytest.raises(TutorialError, match=r"seed-0 was stopped at step \d+ of 9999"):
            search = recipes.Search(str(tmp_path), "sample", 20, None)
            search._train(data_dir, "seed-0", dict(SMALL, electra_objective=False), 9999)


def test_steps_fill_the_budget():
    # 5 CPU seconds to start, 0.5 for a step
    assert recipes.steps_within(105, {4: 7.0, 12: 11.0}) == 200
    assert recipes.steps_within(1, {4: 7.0, 12: 11.0}) == 1
    with pytest.raises(TutorialError, match="runs of 4 and 12 steps took as long: too short to tell"):
        recipes.steps_within(100, {4: 7.0, 12: 7.0})


@pytest.mark.parametrize("step, asked", [(4.0, [4, 12]), (1.5, [4, 12]), (0.5, [4, 12, 120])])
def test_short_runs_grow_until_they_tell_what_a_step_costs(step, asked):
    short = recipes.short_runs(lambda steps: 10 + step * steps)
    assert list(short) == asked and recipes.steps_within(410, short) == pytest.approx(400 / step, abs=1)


def named(settings):
    return presets.Settings(dict(settings, NUM_TRAIN_STEPS=settings["NUM_TRAIN_STEPS"] or 100), {}).hparams


def test_the_reference_has_the_reference_s_settings():
    """Whatever the usual ones are: the defaults of google-research/electra, and the article's batch and vocabulary."""
    settings = recipes.candidates(recipes.CANDIDATES)["reference"]
    assert settings["VOCAB"] == "bert-base-multilingual-cased"
    ours, theirs = hyperparameters.resolve(named(settings)), hyperparameters.resolve({})
    own = {"train_batch_size", "num_train_steps", "num_warmup_steps", "log_steps", "model_hparam_overrides"}
    for name in {field.name for field in dataclasses.fields(theirs)} - own:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert shapes.discriminator_config(ours) == shapes.discriminator_config(theirs)
    assert shapes.generator_config(ours) == shapes.generator_config(theirs)


def test_the_quick_preset_is_the_candidate_of_that_name():
    preset, shown = presets.read("quick"), ("eval_steps", "num_eval_steps", "eval_batch_size")
    del preset["CORPUS"], preset["TRAIN_SIZE"]  # the candidates' text is named by the caller
    preset["HPARAMS"] = {name: value for name, value in preset["HPARAMS"].items() if name not in shown}
    assert preset == recipes.candidates(recipes.CANDIDATES)["quick"]


def test_a_budget_without_effect_is_said_or_refused():
    steps = presets.read("quick")["NUM_TRAIN_STEPS"]
    chosen = recipes.candidates(recipes.CANDIDATES, ["quick", "usual"])
    said = [f"quick: NUM_TRAIN_STEPS is {steps}, so the budget has no effect on it"]
    assert recipes.without_effect(chosen, None) == recipes.without_effect(chosen, 1800) == said
    quick = recipes.candidates(recipes.CANDIDATES, ["quick"])
    assert recipes.without_effect(quick, None) == said
    with pytest.raises(
        TutorialError, match=f"--budget 1800 has no effect: quick sets NUM_TRAIN_STEPS to {steps}; leave"
    ):
        recipes.without_effect(quick, 1800)


def test_the_candidates_that_come_along_can_be_trained():
    found = recipes.candidates(recipes.CANDIDATES)
    for settings in found.values():
        hyperparameters.resolve(named(settings))
    assert list(recipes.candidates(recipes.CANDIDATES, ["quick", "usual"])) == ["quick", "usual"], "in the order asked"


WHOLE = dict(VOCAB="train:500", MODEL_SIZE="tiny", MAX_SEQ_LENGTH=64, ONE_SENTENCE_PER_EXAMPLE=False,
             TRAIN_BATCH_SIZE=64, LEARNING_RATE=0.002, HPARAMS={"mask_prob": 0.2, "model_hparam_overrides": {"a": 1}},
             NUM_TRAIN_STEPS=0)  # fmt: skip


def listed(path, candidates, usual=WHOLE):
    files.write_json(str(path), dict(usual=usual, candidates=candidates))
    return str(path)


def test_a_candidate_changes_the_usual_name_by_name(tmp_path):
    changes = {"VOCAB": "train:9", "HPARAMS": {"model_hparam_overrides": {"b": 2}}}
    found = recipes.candidates(listed(tmp_path / "c.json", [dict(changes, name="a"), {"name": "b"}]))
    overrides = {"mask_prob": 0.2, "model_hparam_overrides": {"a": 1, "b": 2}}
    assert found == {"a": dict(WHOLE, VOCAB="train:9", HPARAMS=overrides), "b": WHOLE}


@pytest.mark.parametrize(
    "candidates, only, said",
    [
        ({}, None, "must hold a JSON object with a list"),
        ([{"VOCAB": "train:9"}], None, "must hold a JSON object with a list"),
        ([{"name": "a", "VOCAB_SIZ": 9}], None, "candidate a sets VOCAB_SIZ, which is not one of: HPARAMS, LEARN"),
        ([{"name": "a"}, {"name": "a"}], None, "candidate a is there twice"),
        ([{"name": "a", "MAX_SEQ_LENGTH": "many"}], None, "MAX_SEQ_LENGTH is 'many': give a whole number"),
        ([{"name": "a"}], ["b"], "has no candidate b"),
    ],
)
def test_candidates_that_cannot_be(tmp_path, candidates, only, said):
    with pytest.raises(TutorialError, match=said):
        recipes.candidates(listed(tmp_path / "c.json", candidates), only)
    with pytest.raises(TutorialError, match="candidate a has no HPARAMS"):
        recipes.candidates(listed(tmp_path / "c.json", [{"name": "a"}], dict(VOCAB="train")))


PAIRS = [pairs.Pair("noun", 1, 1, "El pájaro canta .", "El tenedor canta ."),
         pairs.Pair("number of the verb", 2, 1, "El pájaro canta .", "El pájaro cantan .")]  # fmt: skip


def test_rows_are_kept_and_ranked(tmp_path):
    """What results.json holds is not done again; what it does not is tried, on a text that is not there."""
    path, nowhere = tmp_path / "results.json", str(tmp_path / "nowhere.txt")
    chosen = {"a": WHOLE, "b": dict(WHOLE, VOCAB="train:9"), "c": dict(WHOLE, NUM_TRAIN_STEPS=7)}
    auc = {"a": 0.6, "b": 0.7, "c": 0.5}

    def row(name, seed):
        key = dict(name=name, seed=seed, budget=None if name == "c" else 20, settings=chosen[name], corpus=nowhere)
        return dict(key, steps=3, cpu_seconds=20.0, word_auc=auc[name] + seed / 100, pairs_mean=0.75, pos_accuracy=0.5)

    kept = [row(name, seed) for seed in (0, 1) for name in "abc"]
    files.write_json(str(path), kept)

    def run(names, seeds, budget=20, **changes):
        settings = {name: dict(chosen[name], **changes) for name in names}
        return recipes.Search(str(tmp_path), nowhere, budget, None).run(settings, seeds)

    assert [each["name"] for each in run("abc", [0])] == ["b", "a", "c"], "the best first"
    rows = run("ab", [0, 1])
    assert [(each["name"], each["seed"]) for each in rows] == [("b", 1), ("b", 0), ("a", 1), ("a", 0)]
    assert run("c", [1], budget=30) == [row("c", 1)], "its own steps, whatever the budget"
    for changes in (dict(budget=30), dict(LEARNING_RATE=1.0), dict(seeds=[2])):
        with pytest.raises(TutorialError, match="nowhere.txt"):
            run(**dict(dict(names="a", seeds=[0]), **changes))
    with pytest.raises(TutorialError, match="nowhere.txt"):
        recipes.Search(str(tmp_path), nowhere, 20, None, minimal_pairs=PAIRS).run({"a": chosen["a"]}, [0])
    assert files.read_json(str(path)) == kept, "what was measured before is not lost"
    picture = recipes.picture(rows)
    assert picture.description == "AUC per word from 0.600 (a) to 0.710 (b)." and len(picture.axes) == 3
    assert [text.get_text() for text in picture.axes[0].get_yticklabels()] == ["a", "b"]
    picture.write(str(tmp_path / "r.png"))
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")
    assert recipes.table(rows).splitlines()[2].startswith("| b | 1 | 3 | 20 | 0.7100 | 0.7500 | 0.5000 |")


def test_the_multilingual_vocabulary_may_lie_in_a_file(tmp_path):
    """A length that no example can have ends each call before anything is trained."""
    words = tmp_path / "v.txt"
    words.write_text("".join(word + "\n" for word in tiny_export.WORDS), encoding="utf-8")
    reference = dict(recipes.candidates(recipes.CANDIDATES)["reference"], MAX_SEQ_LENGTH=1)
    own = dict(WHOLE, VOCAB="train:300", MAX_SEQ_LENGTH=1)

    def vocabulary_of(name, settings, multilingual):
        search = recipes.Search(str(tmp_path), "sample", 20, None, train_size=300, multilingual=multilingual)
        with pytest.raises(TutorialError) as caught:
            search.train_and_measure(name, settings, 0)
        made = tmp_path / name / "vocab.txt"
        return made.read_text(encoding="utf-8").split() if made.exists() else None, str(caught.value)

    found, said = vocabulary_of("none", reference, None)
    assert found is None and "bert-base-multilingual-cased" in said, "no Hub answers"
    found, said = vocabulary_of("file", reference, str(words))
    assert found == tiny_export.WORDS and "max_seq_length" in said
    found, said = vocabulary_of("own", own, str(words))
    assert len(found) == 300 and "max_seq_length" in said


def test_models_side_by_side(tmp_path):
    models = {name: [tiny_export.make(tmp_path / name, seed=seed)] for seed, name in enumerate(("ours", "theirs"))}
    models["ours"].append(tiny_export.make(tmp_path / "second", seed=7))
    tag = Example(("El", "perro", "ladra"), ("D", "N", "V"))
    labelled = task("tokens", [tag] * 8, [tag] * 2, [tag] * 2)
    folder = str(tmp_path / "out")
    options = dict(most={"theirs": 2}, rates={"theirs": [0.0005, 0.1]}, no_scratch=["theirs"])
    rows = quality.measure(models, labelled, folder, (2, 4), (0, 1), **options)
    kinds = {(row["model"], row["start"], row["sentences"]) for row in rows}
    ours = {("ours", start, size) for start in ("pretrained", "scratch") for size in (2, 4)}
    assert kinds == ours | {("theirs", "pretrained", 2)} and len(rows) == 8 + 4 + 2
    from_scratch = {(row["model"], row["folder"]) for row in rows if row["start"] == "scratch"}
    assert from_scratch == {("ours", 1)}, "random weights need no seeds of pre-training"
    both = [files.read_json(os.path.join(folder, name))["key"]["model"] for name in ("ours.json", "ours-2.json")]
    assert both[0] != both[1]
    keys = {name: files.read_json(os.path.join(folder, name + ".json"))["key"] for name in models}
    assert keys["theirs"]["rates"] == {"pretrained": [0.0005, 0.1]}
    assert keys["ours"]["rates"] == {start: list(rates) for start, rates in curves.RATES.items()}
    said = quality.table(rows).splitlines()
    assert said[0] == "| Labelled sentences | ours, pre-trained | ours, from scratch | theirs, pre-trained |"
    assert len(said) == 4 and said[3].startswith("| 4 | ") and said[3].endswith(" |  |")
    with pytest.raises(TutorialError, match="no --model is called hers: there is ours, theirs"):
        quality.measure(models, labelled, folder, (2,), (0,), most={"hers": 2})


@pytest.mark.slow
def test_models_side_by_side_on_the_command_line(tmp_path):
    path = tmp_path / "tags.tsv"
    path.write_text("El\tD\nperro\tN\nladra\tV\n\n" * 20, encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.quality", "--model", "m", tiny_export.make(tmp_path / "m")]
    command += ["--train", str(path), "--sizes", "2", "--seeds", "0", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert done.returncode == 0 and b"| 2 | " in done.stdout
    written = files.read_json(str(tmp_path / "out" / "curves.json"))
    assert written["sentences"] == dict(train=16, valid=2, test=2) and len(written["rows"]) == 2
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
    done = subprocess.run(command + ["--most", "m", "few"], cwd=ROOT, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"'few' is no number" in done.stderr
    for wrong in (["m", "again"], ["bare"]):
        done = subprocess.run(command + ["--model", *wrong], cwd=ROOT, stderr=subprocess.PIPE)
        assert done.returncode == 1 and b"name each model once" in done.stderr


@pytest.mark.slow
def test_a_search_with_a_budget_of_seconds(tmp_path):
    usual = dict(WHOLE, HPARAMS={})
    pairs.write(str(tmp_path / "pairs.tsv"), PAIRS)
    path = listed(tmp_path / "c.json", [{"name": "small"}, {"name": "short", "MAX_SEQ_LENGTH": 32}], usual)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.recipes", "--train-size", "2000", "--budget", "20"]
        + ["--candidates", path, "--folder", str(tmp_path / "out"), "--pairs", str(tmp_path / "pairs.tsv")],
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert done.returncode == 0
    rows = json.load(open(str(tmp_path / "out" / "results.json")))
    assert {row["name"] for row in rows} == {"small", "short"} and all(0 < row["word_auc"] < 1 for row in rows)
    for row in rows:
        exported = discriminator.load(str(tmp_path / "out" / row["name"] / "models" / "seed-0" / "discriminator"))
        told = {name: found["share"] for name, found in pairs.told_apart(exported, PAIRS).items()}
        assert row["pairs"] == told and row["pairs_mean"] == sum(told.values()) / 2
    assert (tmp_path / "out" / "results.png").exists()


@pytest.mark.slow
def test_objectives_from_text_to_picture(tmp_path):
    data_dir = str(tmp_path / "data")
    corpus.prepare("sample", data_dir, train_size=2000)
    vocabulary.prepare("train:500", data_dir)
    dataset.build(data_dir, max_seq_length=24, one_sentence_per_example=True)
    (tmp_path / "tags.tsv").write_text("El\tD\nperro\tN\nladra\tV\n\n" * 20, encoding="utf-8")
    hparams = dict(train_batch_size=4, eval_batch_size=4, num_eval_steps=1)
    command = [sys.executable, "-m", "benchmarks.objectives", "--data-dir", data_dir, "--steps", "2", "--seeds", "0"]
    command += ["--objectives", "ELECTRA", "masked LM", "--hparams", json.dumps(hparams), "--preset", "quick"]
    command += ["--train", str(tmp_path / "tags.tsv"), "--learning-rates", "0.001", "0.01", "--scratch"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert done.returncode == 0 and b"| tags.tsv | 0 | random weights | 0 | " in done.stdout
    rows = json.load(open(os.path.join(data_dir, "objectives", "results.json")))
    assert [(row["objective"], row["steps"]) for row in rows] == [
        ("ELECTRA", 2), ("masked LM", 4), ("random weights", 0),
    ]  # fmt: skip
    assert os.path.isfile(os.path.join(data_dir, "objectives", "tags.tsv.png"))
