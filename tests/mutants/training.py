"""Faults in pre-training, fine-tuning, the conversion and the use of its models."""

from tests.mutants.table import Mutant

PRETRAINING, TRAINING = "helpers/pretraining/", "helpers/pretraining/training/"
FINETUNING, CONVERSION = "helpers/finetuning/", "helpers/conversion/"
DISCRIMINATOR = "helpers/discriminator/"


def noticed_by(path, *names):
    """Node ids of tests in one file."""
    return tuple(f"tests/{path}::{name}" for name in names)


NUMPY = noticed_by("pretraining/test_evaluation.py", "test_the_metrics_equal_a_pass_in_numpy")
READ_ONCE = noticed_by(
    "pretraining/test_evaluation.py",
    "test_the_held_out_examples_are_read_each_once_and_masked_alike_in_every_pass",
)
GONE_ON = noticed_by(
    "pretraining/test_loop.py",
    "test_a_run_that_is_gone_on_with_sees_the_same_examples_and_logs_and_saves_when_it_should",
)
SEED = noticed_by("pretraining/test_loop.py", "test_a_seed_decides_the_first_weights_and_the_order_of_the_examples")
COMPARED = noticed_by("pretraining/test_loop.py", "test_the_best_model_is_compared_on_the_same_held_out_examples_alone")
LOOK = noticed_by("pretraining/test_loop.py", "test_what_is_another_run_and_what_goes_on")
MAX_SECONDS = noticed_by(
    "pretraining/test_loop.py", "test_max_seconds_on_the_command_line_ends_a_run_with_a_checkpoint"
)
NO_BEST = noticed_by(
    "pretraining/test_loop.py",
    "test_training_and_evaluation_each_close_their_session_and_keep_no_best_where_none_is_wanted",
)
SETTINGS = noticed_by("pretraining/test_hyperparameters.py", "test_what_is_not_set_follows_from_the_rest")
FROM_FOLDER = noticed_by(
    "pretraining/test_hyperparameters.py", "test_vocabulary_and_tokenizer_settings_come_from_the_data_folder"
)
COMMAND = noticed_by("finetuning/test_finetuning.py", "test_the_command_hands_on_each_file_and_each_setting")
BEST_ROUND = noticed_by("finetuning/test_finetuning.py", "test_the_network_ends_with_the_weights_of_its_best_round")
PATIENCE = noticed_by(
    "finetuning/test_finetuning.py",
    "test_training_stops_after_as_many_rounds_without_a_better_one_as_patience_says",
)
DROPPED = noticed_by("finetuning/test_finetuning.py", "test_the_encoder_drops_one_share_everywhere")
DROPOUT = noticed_by("finetuning/test_finetuning.py", "test_dropout_is_on_in_training_and_off_in_evaluation")
DECAY = noticed_by("finetuning/test_finetuning.py", "test_decay_spares_biases_and_layer_norms")
ROUND = noticed_by(
    "finetuning/test_finetuning.py",
    "test_a_round_has_its_least_number_of_steps_and_the_rate_follows_the_schedule",
)
OF_SEED = noticed_by(
    "finetuning/test_finetuning.py", "test_a_seed_has_sentences_of_its_own_and_the_rows_are_of_the_test_set"
)
RATES = noticed_by(
    "finetuning/test_finetuning.py", "test_each_start_has_rates_of_its_own_and_the_validation_set_chooses"
)
RESUMED = noticed_by("finetuning/test_finetuning.py", "test_a_run_that_was_stopped_ends_as_one_that_was_not")
COUNTED = noticed_by("finetuning/test_finetuning.py", "test_labels_are_counted", "test_entities_are_counted_whole")
ONCE = noticed_by("finetuning/test_finetuning.py", "test_a_round_has_every_sentence_once")
ANOTHER = noticed_by("finetuning/test_finetuning.py", "test_another_model_start_setting_or_sentence_is_another_run")
EVENTS = noticed_by(
    "pretraining/test_run_state.py",
    "test_a_row_stands_in_metrics_jsonl_and_under_its_name_and_step_in_tensorboards_events",
)
NOTEBOOK = noticed_by("conversion/test_convert.py", "test_notebook_call")
TOKENIZER = noticed_by(
    "conversion/test_convert.py",
    "test_case_and_accents_come_from_the_builder_then_the_run_then_the_vocabulary",
    "test_the_tokenizer_of_a_folder_does_what_it_is_told",
)
THRESHOLD = noticed_by("conversion/test_convert.py", "test_threshold_leaves_one_percent_of_true_words_above")
HIDDEN = noticed_by("conversion/test_hub.py", "test_no_sentence_shows_the_token")
VERDICT = noticed_by("discriminator/test_discriminator.py", "test_verdict")
LOADED = noticed_by("discriminator/test_discriminator.py", "test_the_threshold_of_the_folder_or_of_the_command_is_used")
EVALUATION = noticed_by("discriminator/test_discriminator.py", "test_evaluation_counts_words")
PERCENTILE = noticed_by("discriminator/test_discriminator.py", "test_threshold_is_the_ninety_ninth_percentile")

HALVES = noticed_by(
    "pretraining/test_updates.py", "test_the_update_of_two_halves_side_by_side_is_that_of_the_batch"
)  # fmt: skip
CORES = noticed_by("pretraining/test_static_shapes.py", "test_each_half_has_its_share_of_the_cores")

ROWS = [
    # Pre-training: what is read, masked and measured.
    Mutant(
        TRAINING + "trainer.py",
        '("[CLS]", "[SEP]", "[MASK]")))',
        '("[CLS]", "[MASK]", "[SEP]")))',
        noticed_by("pretraining/test_pretrain.py", "test_special_tokens_are_those_of_the_vocabulary"),
    ),
    Mutant(
        TRAINING + "trainer.py",
        "and _open_examples(hparams.valid_tfrecords, hparams, reporter)",
        "and _open_examples(hparams.pretrain_tfrecords, hparams, reporter)",
        READ_ONCE,
    ),
    Mutant(TRAINING + "trainer.py", "tf.set_random_seed(hparams.seed)", "tf.set_random_seed(0)", SEED),
    Mutant(TRAINING + "evaluation.py", "training=False", "training=True", NUMPY),
    Mutant(TRAINING + "evaluation.py", "feed = {self._number: number}", "feed = {self._number: 0}", READ_ONCE),
    Mutant(
        TRAINING + "evaluation.py",
        "-(-examples.count // hparams.eval_batch_size)",
        "examples.count // hparams.eval_batch_size",
        READ_ONCE,
    ),
    Mutant(
        TRAINING + "evaluation.py",
        "np.average(values, weights=weights)",
        "np.average(values)",
        NUMPY,
    ),
    Mutant(
        TRAINING + "evaluation.py",
        "dataclasses.replace(hparams, loss_on_all_tokens=True)",
        "hparams",
        NUMPY,
    ),
    Mutant(TRAINING + "evaluation.py", "both / max(1, called.sum())", "both / max(1, replaced.sum())", NUMPY),
    Mutant(
        TRAINING + "evaluation.py",
        "called, replaced = logits > DECISION",
        "called, replaced = logits < DECISION",
        noticed_by("pretraining/test_pretrain.py", "test_detection_metrics"),
    ),
    Mutant(TRAINING + "evaluation.py", "(ranks[replaced].sum()", "(ranks[~replaced].sum()", NUMPY),
    # Halves of a batch side by side.
    Mutant(
        TRAINING + "batch_parts.py",
        "RandomStreams(hparams.seed, step, batch_size, first + start, size)",
        "RandomStreams(hparams.seed, step, batch_size, first, size)",
        HALVES,
    ),
    Mutant(
        TRAINING + "batch_parts.py",
        "[_rows(tensor, first + start, size) for tensor in whole]",
        "[_rows(tensor, first, size) for tensor in whole]",
        HALVES,
    ),
    Mutant(TRAINING + "trainer.py", "gpu.cores() // parts) if parts > 1", "gpu.cores()) if parts > 1", CORES),
    # The loop: when it ends, logs, evaluates, saves; what it goes on with.
    Mutant(TRAINING + "loop.py", "StopRequest(hparams.max_seconds)", "StopRequest(0)", MAX_SECONDS),
    Mutant(
        TRAINING + "loop.py",
        'settings["max_seconds"] = arguments.max_seconds',
        "pass",
        MAX_SECONDS,
    ),
    Mutant(
        TRAINING + "loop.py",
        "time.monotonic() > self._end",
        "time.monotonic() < self._end",
        noticed_by("pretraining/test_loop.py", "test_what_asks_for_a_stop"),
    ),
    Mutant(
        TRAINING + "loop.py",
        "if self.hparams.keep_best and self.hparams.eval_steps:",
        "if self.hparams.eval_steps:",
        NO_BEST,
    ),
    Mutant(TRAINING + "loop.py", "hparams.seed, start_step=self.step", "hparams.seed, start_step=0", GONE_ON),
    Mutant(
        TRAINING + "loop.py",
        "hparams.train_batch_size, hparams.seed, start_step",
        "hparams.train_batch_size, 0, start_step",
        SEED,
    ),
    Mutant(TRAINING + "loop.py", "self.step % hparams.log_steps == 0 or", "True or", GONE_ON),
    Mutant(
        TRAINING + "loop.py",
        "self.step % hparams.save_checkpoints_steps == 0",
        "self.step % hparams.iterations_per_loop == 0",
        GONE_ON,
    ),
    Mutant(
        TRAINING + "loop.py",
        "(self.step - step) * hparams.train_batch_size /",
        "(self.step - step) /",
        GONE_ON,
    ),
    Mutant(TRAINING + "loop.py", "if self.saved != self.step:", "if self.saved == self.step:", GONE_ON),
    Mutant(
        TRAINING + "checkpoints.py",
        'hparams.gen_weight * row["mlm_loss"] + hparams.disc_weight * row.get("disc_loss", 0.0)',
        'row["mlm_loss"] + row.get("disc_loss", 0.0)',
        noticed_by("pretraining/test_loop.py", "test_the_held_out_loss_is_weighted_as_in_training"),
    ),
    Mutant(
        TRAINING + "checkpoints.py",
        'loss >= self.best["held_out_loss"]',
        'loss <= self.best["held_out_loss"]',
        COMPARED,
    ),
    Mutant(
        TRAINING + "checkpoints.py",
        'self.best.get("measured_on", self._measured_on) == self._measured_on',
        "True",
        COMPARED,
    ),
    Mutant(
        TRAINING + "checkpoints.py",
        "data_identity(hparams.valid_tfrecords) if",
        "data_identity(hparams.pretrain_tfrecords) if",
        COMPARED,
    ),
    # A run's state.
    Mutant(
        PRETRAINING + "run_state.py", "if step > hparams.num_train_steps:", "if step >= hparams.num_train_steps:", LOOK
    ),
    Mutant(
        PRETRAINING + "run_state.py",
        "name not in hyperparameters.MAY_CHANGE and name in earlier",
        "name in hyperparameters.MAY_CHANGE and name in earlier",
        LOOK,
    ),
    Mutant(
        PRETRAINING + "run_state.py",
        'run["data"] != data_identity(hparams.pretrain_tfrecords)',
        'run["data"] != data_identity(hparams.valid_tfrecords)',
        LOOK,
    ),
    Mutant(
        PRETRAINING + "run_state.py",
        "(num_train_steps - step) * seconds / done",
        "num_train_steps * seconds / done",
        GONE_ON,
    ),
    Mutant(
        PRETRAINING + "run_state.py",
        'if row["step"] <= step]',
        'if row["step"] < step]',
        noticed_by("pretraining/test_run_state.py", "test_a_damaged_line_hides_no_other_and_is_counted"),
    ),
    Mutant(TRAINING + "metrics_log.py", 'add_summary(summary, row["step"])', "add_summary(summary, 0)", EVENTS),
    Mutant(TRAINING + "metrics_log.py", "{row['event']}/{name}", "train/{name}", EVENTS),
    # Hyperparameters.
    Mutant(
        PRETRAINING + "hyperparameters.py",
        "stated = tokenizer.get(name)",
        'stated = tokenizer.get("do_lower_case")',
        FROM_FOLDER,
    ),
    Mutant(
        PRETRAINING + "hyperparameters.py",
        "min(100, max(1, hparams.num_train_steps // 200))",
        "max(100, min(1, hparams.num_train_steps // 200))",
        SETTINGS,
    ),
    Mutant(
        PRETRAINING + "hyperparameters.py",
        "hparams.strip_accents = hparams.do_lower_case",
        "hparams.strip_accents = True",
        SETTINGS,
    ),
    Mutant(
        PRETRAINING + "hyperparameters.py",
        "values = dict(DEBUG_SETTINGS, **values)",
        "values = dict(values, **DEBUG_SETTINGS)",
        noticed_by(
            "pretraining/test_hyperparameters.py", "test_debug_is_a_run_of_seconds_that_settings_still_override"
        ),
    ),
    Mutant(
        PRETRAINING + "hyperparameters.py",
        "minimum(step / hparams.num_warmup_steps, 1.0)",
        "minimum(step / hparams.num_train_steps, 1.0)",
        noticed_by("pretraining/test_hyperparameters.py", "test_the_schedule_that_is_drawn"),
    ),
    Mutant(
        PRETRAINING + "shapes.py",
        "config.num_hidden_layers * hparams.generator_layers",
        "config.num_hidden_layers * hparams.generator_hidden_size",
        noticed_by("pretraining/test_hyperparameters.py", "test_sizes"),
    ),
    # The network and the update.
    Mutant(
        PRETRAINING + "network/masking.py",
        "MASK_SHARE = 0.85",
        "MASK_SHARE = 0.15",
        noticed_by("pretraining/test_masking.py", "test_85_percent_become_mask_and_the_rest_stay"),
    ),
    Mutant(
        PRETRAINING + "network/masking.py",
        "special_tokens.mask), hidden)",
        "special_tokens.sep), hidden)",
        noticed_by("pretraining/test_masking.py", "test_85_percent_become_mask_and_the_rest_stay"),
    ),
    Mutant(
        PRETRAINING + "network/electra.py",
        "return Pretraining(loss + hparams.disc_weight * rtd.loss, masked",
        "return Pretraining(loss + hparams.gen_weight * rtd.loss, masked",
        noticed_by("pretraining/test_electra.py", "test_weights_of_the_losses"),
    ),
    Mutant(
        PRETRAINING + "network/electra.py",
        "streams.dropout if training else _no_dropout",
        "streams.dropout",
        noticed_by("pretraining/test_electra.py", "test_dropout_follows_its_probability_and_is_off_in_evaluation"),
    ),
    Mutant(
        TRAINING + "optimization.py",
        'NO_DECAY = ("LayerNorm", "layer_norm", "bias")',
        'NO_DECAY = ("bias",)',
        noticed_by("pretraining/test_optimization.py", "test_three_updates_equal_float64"),
    ),
    Mutant(
        TRAINING + "optimization.py",
        "tf.minimum(1.0, GRADIENT_NORM_LIMIT / norm)",
        "tf.maximum(1.0, GRADIENT_NORM_LIMIT / norm)",
        noticed_by("pretraining/test_optimization.py", "test_three_updates_equal_float64"),
    ),
    # Fine-tuning.
    Mutant(
        FINETUNING + "training.py", "    network.eval()\n    with torch.no_grad()", "    with torch.no_grad()", DROPOUT
    ),
    Mutant(FINETUNING + "training.py", "            network.train()\n", "            network.eval()\n", DROPOUT),
    Mutant(FINETUNING + "training.py", "    put(network, state.best)\n", "", BEST_ROUND),
    Mutant(
        FINETUNING + "training.py",
        'history[-1]["metric"] > before',
        'history[-1]["metric"] < before',
        BEST_ROUND,
    ),
    Mutant(FINETUNING + "training.py", "done - best >= settings.patience", "done - best > settings.patience", PATIENCE),
    Mutant(FINETUNING + "training.py", 'name.endswith("bias") or "LayerNorm" in name', 'name.endswith("bias")', DECAY),
    Mutant(
        FINETUNING + "training.py",
        "evaluate(network, featurizer, labelled.valid)",
        "evaluate(network, featurizer, labelled.train)",
        BEST_ROUND,
    ),
    Mutant(FINETUNING + "training.py", "for _ in range(passes):", "for _ in range(1):", ROUND),
    Mutant(
        FINETUNING + "training.py",
        "    set_dropout(network, featurizer.kind, settings.dropout)\n",
        "",
        DROPPED,
    ),
    Mutant(FINETUNING + "networks.py", "in network.electra.modules():", "in network.modules():", DROPPED),
    Mutant(
        FINETUNING + "training.py",
        "return step / rise if step <= rise",
        "return 1.0 if step <= rise",
        noticed_by("finetuning/test_finetuning.py", "test_the_learning_rate_rises_and_falls"),
    ),
    Mutant(
        FINETUNING + "state.py",
        "put(self.network, _under(NOW, tensors))",
        "put(self.network, _under(BEST, tensors))",
        RESUMED,
    ),
    Mutant(
        FINETUNING + "training.py",
        "settings.learning_rate * schedule(step, total, settings.warmup)",
        "settings.learning_rate",
        BEST_ROUND,
    ),
    Mutant(
        FINETUNING + "batches.py",
        "for i in range(0, len(pool), size)]",
        "for i in range(0, len(pool) - size + 1, size)]",
        ONCE,
    ),
    Mutant(FINETUNING + "__init__.py", "repr(tuple(labelled[:6]))", "repr(tuple(labelled[:4]))", ANOTHER),
    Mutant(
        FINETUNING + "__init__.py",
        "run = dict(model=model_digest(model), start=start, data",
        "run = dict(start=start, data",
        ANOTHER,
    ),
    Mutant(
        FINETUNING + "__init__.py",
        "data=digest(labelled), settings=chosen._asdict())\n    path",
        "data=digest(labelled))\n    path",
        ANOTHER,
    ),
    Mutant(FINETUNING + "curves.py", "tasks.few(labelled, size, seed)", "tasks.few(labelled, size, 0)", OF_SEED),
    Mutant(FINETUNING + "curves.py", "of_seed = chosen._replace(seed=seed)", "of_seed = chosen", OF_SEED),
    Mutant(FINETUNING + "curves.py", 'test = result["test"]', 'test = result["valid"]', OF_SEED),
    Mutant(FINETUNING + "__init__.py", "return max(outcomes", "return min(outcomes", RATES),
    Mutant(
        FINETUNING + "__main__.py",
        "arguments.train, arguments.valid, arguments.test,",
        "arguments.train, arguments.test, arguments.valid,",
        COMMAND,
    ),
    Mutant(
        FINETUNING + "__main__.py",
        "arguments.output_dir, arguments.start, **",
        'arguments.output_dir, "pretrained", **',
        COMMAND,
    ),
    Mutant(
        FINETUNING + "metrics.py",
        "float(whole[part])",
        'float(whole[dict(precision="recall", recall="precision")[part]])',
        COUNTED,
    ),
    Mutant(FINETUNING + "metrics.py", "pairs[label, other] for other", "pairs[other, label] for other", COUNTED),
    Mutant(
        FINETUNING + "metrics.py",
        "zip(flat_true, flat_predicted))\n    parts",
        "zip(flat_predicted, flat_true))\n    parts",
        COUNTED,
    ),
    # Conversion and Hub.
    Mutant(
        CONVERSION + "__init__.py",
        "valid_file=valid_file if os.path.isfile(valid_file) else None,",
        "valid_file=None,",
        NOTEBOOK,
    ),
    Mutant(CONVERSION + "__init__.py", 'argv += ["--valid-file", job.valid_file]', "pass", NOTEBOOK),
    Mutant(CONVERSION + "__init__.py", 'argv += ["--hparams", json.dumps(hparams)]', "pass", NOTEBOOK),
    Mutant(
        CONVERSION + "export.py",
        "config.update(replaced_threshold=value, replaced_threshold_source=how)",
        "pass",
        THRESHOLD,
    ),
    Mutant(CONVERSION + "tokenizer_files.py", 'stated.get("strip_accents")', 'stated.get("do_lower_case")', TOKENIZER),
    Mutant(
        CONVERSION + "tokenizer_files.py",
        "strip_accents=strip,\n            tokenize",
        "strip_accents=lower,\n            tokenize",
        TOKENIZER,
    ),
    Mutant(
        CONVERSION + "tokenizer_files.py",
        "strip_accents=strip, lowercase=lower",
        "strip_accents=lower, lowercase=lower",
        TOKENIZER,
    ),
    Mutant(
        PRETRAINING + "network/initial_weights/names.py",
        '(("kernel", "weight", True)',
        '(("kernel", "weight", False)',
        NOTEBOOK,
    ),
    Mutant(
        CONVERSION + "hub/reasons.py",
        '    return said.replace(token, "***") if token else said',
        "    return said",
        HIDDEN,
    ),
    Mutant(
        CONVERSION + "hub/reasons.py",
        '(text.replace(token, "***") if token else text).split()',
        "text.split()",
        HIDDEN,
    ),
    Mutant(
        CONVERSION + "hub/tidy.py",
        'zip(("do_lower_case", "strip_accents"), made_for)',
        'zip(("strip_accents", "do_lower_case"), made_for)',
        noticed_by("conversion/test_hub.py", "test_the_vocabulary_says_what_the_hub_does_not_of_case_and_accents"),
    ),
    # The discriminator in use.
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "[int(probability > self.threshold) for",
        "[int(probability > FALLBACK_THRESHOLD) for",
        VERDICT,
    ),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "in _words(score) if probability > self.threshold]",
        "in _words(score) if probability > FALLBACK_THRESHOLD]",
        VERDICT,
    ),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "called = probabilities > discriminator.threshold",
        "called = probabilities > FALLBACK_THRESHOLD",
        EVALUATION,
    ),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        'encoder, config.get("replaced_threshold"), config',
        "encoder, None, config",
        LOADED,
    ),
    Mutant(DISCRIMINATOR + "__main__.py", "loaded.threshold = options.threshold", "pass", LOADED),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "fpr, tpr, thresholds = roc_curve",
        "tpr, fpr, thresholds = roc_curve",
        EVALUATION,
    ),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "precision=right / max(1, int(called.sum()))",
        "precision=right / int(labels.sum())",
        EVALUATION,
    ),
    Mutant(
        DISCRIMINATOR + "__init__.py",
        "return max(self.probabilities[word.first",
        "return min(self.probabilities[word.first",
        noticed_by("discriminator/test_discriminator.py", "test_probabilities_are_the_oracles"),
    ),
    Mutant(DISCRIMINATOR + "held_out.py", "100 * (1 - TRUE_WORDS_ABOVE))", "100 * TRUE_WORDS_ABOVE)", PERCENTILE),
    Mutant(
        DISCRIMINATOR + "held_out.py",
        "for word in score.encoded.words if word.lexical]",
        "for word in score.encoded.words]",
        PERCENTILE,
    ),
]
