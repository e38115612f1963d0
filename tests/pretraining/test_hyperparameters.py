"""Names, defaults, kinds and refusals of hyperparameters."""

import json

import pytest

from helpers import pretraining
from helpers.base.errors import TutorialError
from helpers.pretraining import hyperparameters, shapes

# Names and defaults of google-research/electra's pre-training configuration.
REFERENCE = dict(
    debug=False, do_train=True, do_eval=False, electra_objective=True, gen_weight=1.0, disc_weight=50.0, mask_prob=0.15,
    learning_rate=5e-4, lr_decay_power=1.0, weight_decay_rate=0.01, num_warmup_steps=10000, iterations_per_loop=200,
    save_checkpoints_steps=1000, num_train_steps=1000000, num_eval_steps=100, keep_checkpoint_max=5,
    model_size="small", model_hparam_overrides={}, embedding_size=128, vocab_size=30522, do_lower_case=True,
    uniform_generator=False, untied_generator_embeddings=False, untied_generator=True, generator_layers=1.0,
    generator_hidden_size=0.25, disallow_correct=False, temperature=1.0, max_seq_length=128, train_batch_size=128,
    eval_batch_size=128,
)  # fmt: skip
REFUSED = dict(use_tpu=True, num_tpu_cores=8, tpu_job_name="j", tpu_name="t", tpu_zone="z", gcp_project="p",
               electric_objective=True, two_tower_generator=True, results_pkl="r.pkl")  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_default_is_the_references(name):
    assert getattr(hyperparameters.resolve({}), name) == REFERENCE[name]


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_every_name_is_accepted_with_its_own_default(name):
    assert getattr(hyperparameters.resolve({name: REFERENCE[name]}), name) == REFERENCE[name]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_by_name_with_the_reason(name):
    with pytest.raises(TutorialError, match="%s.*not supported: " % name):
        hyperparameters.resolve({name: REFUSED[name]})
    hyperparameters.resolve({name: hyperparameters.REFUSED[name][0]})


def test_files_lie_under_the_data_folder():
    hparams = hyperparameters.resolve({}, "data", "m")
    assert hparams.pretrain_tfrecords == "data/pretrain_tfrecords/pretrain_data.tfrecord*"
    assert hparams.vocab_file == "data/vocab.txt"
    assert hparams.model_dir == "data/models/m"
    assert hyperparameters.resolve(dict(model_dir="elsewhere"), "data", "m").model_dir == "elsewhere"


@pytest.mark.parametrize(
    "name, text, value",
    [("do_lower_case", "false", False), ("electra_objective", "True", True), ("num_train_steps", "100", 100),
     ("learning_rate", "1e-3", 1e-3), ("num_train_steps", 1e3, 1000), ("num_warmup_steps", None, 10000),
     ("model_hparam_overrides", '{"hidden_size": 64}', {"hidden_size": 64})],
)  # fmt: skip
def test_text_is_read_as_the_kind_that_the_name_wants(name, text, value):
    assert getattr(hyperparameters.resolve({name: text}), name) == value


@pytest.mark.parametrize(
    "settings, words",
    [
        (dict(learning_rat=1), "unknown hyperparameter 'learning_rat'; did you mean 'learning_rate'"),
        (dict(zzz=1), "unknown hyperparameter 'zzz'"),
        (dict(train_batch_size=0), "train_batch_size must be at least 1, not 0"),
        (dict(train_batch_size=2.5), "train_batch_size must be a whole number"),
        (dict(train_batch_size=True), "train_batch_size must be a whole number"),
        (dict(learning_rate=float("nan")), "learning_rate must be a finite number"),
        (dict(learning_rate=-1), "learning_rate must be above 0"),
        (dict(do_lower_case="perhaps"), "do_lower_case must be true or false"),
        (dict(model_size="huge"), "model_size must be one of tiny, small, base, large"),
        (dict(mask_prob=1.5), "mask_prob must be between 0 and 1"),
        (dict(max_seq_length=4), "max_seq_length must be from 5 to 512"),
        (dict(max_seq_length=100000), "max_seq_length must be from 5 to 512"),
        (dict(model_hparam_overrides={"hiden_size": 3}), "hiden_size.*did you mean 'hidden_size'"),
        (dict(model_hparam_overrides={"hidden_size": 65, "num_attention_heads": 2}), "65 is not a multiple of"),
        (dict(model_hparam_overrides={"hidden_act": "tanh"}), "hidden_act must be gelu or relu"),
        (dict(model_hparam_overrides={"hidden_dropout_prob": 1.0}), "hidden_dropout_prob is 1.0: give a share from 0"),
        (dict(model_hparam_overrides={"hidden_dropout_prob": 1.5}), "hidden_dropout_prob is 1.5: give a share from 0"),
        (dict(model_hparam_overrides={"attention_probs_dropout_prob": -0.1}), "attention_probs_dropout_prob is -0.1"),
        (dict(model_hparam_overrides={"initializer_range": 0.0}), "initializer_range is 0.0: give one above 0"),
        (dict(model_hparam_overrides={"type_vocab_size": 0}), "type_vocab_size of the encoder comes to 0"),
        (dict(generator_layers=0.01), "num_hidden_layers of the encoder comes to 0"),
        (dict(model_name="../escape"), "plain name without slashes"),
        (dict(vocab_size=None), "vocab_size needs a value"),
    ],
)
def test_mistakes_get_one_sentence(settings, words):
    with pytest.raises(TutorialError, match=words) as caught:
        hyperparameters.resolve(settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [5, 128, 250, 512])
def test_there_are_never_more_masks_than_tokens(length):
    hparams = hyperparameters.resolve(dict(mask_prob=0.999, max_seq_length=length))
    assert length - 1 <= hparams.max_predictions_per_seq <= length


def test_what_may_change_and_what_the_card_shows():
    assert {"learning_rate", "seed"} <= set(hyperparameters.ON_CARD) <= set(hyperparameters.FIELDS)
    assert (
        {"num_train_steps", "mixed_precision", "xla", "keep_best", "max_seconds"}
        <= hyperparameters.MAY_CHANGE
        <= set(hyperparameters.FIELDS)
    )
    assert not {"learning_rate", "seed", "vocab_size"} & hyperparameters.MAY_CHANGE


def test_hparams_from_text_and_file(tmp_path):
    assert hyperparameters.parse('{"seed": 3}') == {"seed": 3}
    path = tmp_path / "hparams.json"
    path.write_text('{"seed": 4}')
    assert hyperparameters.parse(str(path)) == {"seed": 4}
    for bad, words in (("nowhere.json", "neither a file"), ("{seed: 3}", "not valid JSON")):
        with pytest.raises(TutorialError, match=words):
            hyperparameters.parse(bad)
    path.write_text("[1]")
    with pytest.raises(TutorialError, match="must hold a JSON object"):
        hyperparameters.parse(str(path))


def test_debug_is_a_run_of_seconds_that_settings_still_override():
    hparams = hyperparameters.resolve(dict(debug=True, train_batch_size=4))
    assert (hparams.num_train_steps, hparams.train_batch_size, hparams.eval_batch_size) == (20, 4, 4)


def test_vocabulary_and_tokenizer_settings_come_from_the_data_folder(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(dict(do_lower_case=False, strip_accents=True)))
    (tmp_path / "valid_tfrecords").mkdir()
    hparams = hyperparameters.resolve_in(str(tmp_path), "m", {})
    assert (hparams.vocab_size, hparams.do_lower_case, hparams.strip_accents) == (6, False, True)
    assert hparams.valid_tfrecords.startswith(str(tmp_path / "valid_tfrecords"))
    assert hyperparameters.resolve_in(str(tmp_path), "m", dict(vocab_size=8)).vocab_size == 8
    for same in ("no", "FALSE", "0", False):
        assert hyperparameters.resolve_in(str(tmp_path), "m", dict(do_lower_case=same)).do_lower_case is False
    for other in ("yes", "TRUE", "1", 1, True):
        with pytest.raises(TutorialError, match="do_lower_case is .* and False in .* which the data were built with"):
            hyperparameters.resolve_in(str(tmp_path), "m", dict(do_lower_case=other))


def test_what_is_not_set_follows_from_the_rest():
    assert [hyperparameters.resolve(dict(num_train_steps=n)).log_steps for n in (10, 1000, 10**6)] == [1, 5, 100]
    assert hyperparameters.resolve(dict(log_steps=7)).log_steps == 7
    assert hyperparameters.resolve(dict(do_lower_case=False)).strip_accents is False
    assert hyperparameters.resolve({}).strip_accents is True
    assert hyperparameters.resolve(dict(do_lower_case=False, strip_accents=True)).strip_accents is True


def test_settings_of_the_tokenizer_that_the_data_contradict_are_refused(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(dict(do_lower_case=False, strip_accents=True)))
    with pytest.raises(TutorialError, match="strip_accents is False in the hyperparameters and True in"):
        hyperparameters.resolve_in(str(tmp_path), "m", dict(strip_accents=False))


def test_the_schedule_that_is_drawn():
    made = pretraining.schedule(dict(num_train_steps=1000, learning_rate=0.01, num_warmup_steps=100, seed=3))
    steps, rates = list(made["steps"]), made["rates"]
    assert (made["peak"], made["warmup_steps"], made["reference_warmup_steps"]) == (0.01, 100, 10000)
    assert rates[steps.index(50)] == pytest.approx(0.01 * 0.5 * 0.95) and rates[steps.index(100)] == max(rates)
    assert rates[steps.index(500)] == pytest.approx(0.005) and rates[-1] == 0
    assert made["reference_rates"][steps.index(500)] == pytest.approx(0.01 * 0.05 * 0.5)
    assert pretraining.schedule(dict(num_train_steps=10000))["reference_rates"] is None


@pytest.mark.parametrize(
    "size, hidden, layers, heads, embedding, generator",
    [("tiny", 128, 2, 2, 128, 32), ("small", 256, 12, 4, 128, 64), ("base", 768, 12, 12, 768, 192),
     ("large", 1024, 24, 16, 1024, 256)],
)  # fmt: skip
def test_sizes(size, hidden, layers, heads, embedding, generator):
    hparams = hyperparameters.resolve(dict(model_size=size))
    config, small = shapes.discriminator_config(hparams), shapes.generator_config(hparams)
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (hidden, layers, heads)
    assert config.intermediate_size == 4 * hidden and hparams.embedding_size == embedding
    assert (small.hidden_size, small.intermediate_size) == (generator, 4 * generator)
    assert small.num_attention_heads == max(1, generator // 64) and small.num_hidden_layers == layers
    shallow = shapes.generator_config(hyperparameters.resolve(dict(model_size=size, generator_layers=0.5)))
    assert (shallow.hidden_size, shallow.num_hidden_layers) == (generator, layers // 2)
