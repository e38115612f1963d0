"""Faults in plots, tutorial and tools."""

from tests.mutants.table import Mutant

PRESETS = "helpers/tutorial/presets.py"
PARAMETERS = "helpers/tutorial/parameters.py"
CHAPTERS = "helpers/tutorial/chapters.py"
WIDGETS = "helpers/tutorial/widgets.py"
METHOD = "helpers/tutorial/method.py"
SUMMARY = "helpers/tutorial/summary.py"
OBJECTIVES = "helpers/tutorial/objectives.py"
CURVES = "helpers/plots/pretraining.py"
VERDICTS = "helpers/plots/discriminator.py"
PICTURES = "helpers/plots/data.py"
MATRIX = "helpers/plots/finetuning.py"
PLOTS = ("tests/plots/test_what_is_drawn.py",)
OF_PRESETS = ("tests/tutorial/test_presets.py",)
OF_CHAPTERS = "tests/tutorial/test_chapters.py::"
MADE = (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",)
MODEL = (OF_CHAPTERS + "test_the_model_is_made_with_the_settings_but_for_the_length_of_the_examples",)
BRIEF = (OF_CHAPTERS + "test_a_model_in_passing_is_trained_briefly",)
OPEN = (OF_CHAPTERS + "test_a_preset_may_leave_the_text_open",)
EXPLORER = (OF_CHAPTERS + "test_a_sentence_is_judged_and_its_words_swapped",)
SWAPS = (OF_CHAPTERS + "test_without_hands_the_swaps_are_a_figure",)
PLAYER = (OF_CHAPTERS + "test_the_slider_and_the_button_change_the_picture",)
WALK = (OF_CHAPTERS + "test_a_walk_goes_through_a_real_pair",)

ROWS = [
    # Settings.
    Mutant(
        PRESETS,
        "for each in dict.fromkeys([ARTICLE, base, name or base]):",
        "for each in dict.fromkeys([name or base, base, ARTICLE]):",
        OF_PRESETS,
    ),
    Mutant(PRESETS, 'HPARAMS=dict(values["HPARAMS"], **further))', "HPARAMS=further)", OF_PRESETS),
    Mutant(
        PRESETS,
        'HPARAMS=dict(values["HPARAMS"], **further))',
        'HPARAMS=dict(further, **values["HPARAMS"]))',
        OF_PRESETS,
    ),
    Mutant(PRESETS, 'return dict(named, **self._values.get("HPARAMS", {}))', "return named", OF_PRESETS),
    Mutant(PRESETS, 'None if value == parameters.ALL and name == "TRAIN_SIZE" else value', "value", OF_PRESETS),
    Mutant(
        PRESETS,
        "origins.update(dict.fromkeys(list(written) + list(further), FORM))",
        "origins.update(dict.fromkeys(list(further), FORM))",
        OF_PRESETS,
    ),
    Mutant(PARAMETERS, '(given[name] is None or given[name] == "")', "given[name] is None", OF_PRESETS),
    Mutant(
        PARAMETERS, '"TRAIN_BATCH_SIZE", "LEARNING_RATE", "SEED")', '"TRAIN_BATCH_SIZE", "LEARNING_RATE")', OF_PRESETS
    ),
    Mutant(PARAMETERS, '"CORPUS_LANGUAGE": "language"', '"CORPUS_LANGUAGE": "column"', OF_PRESETS),
    # Chapters.
    Mutant(CHAPTERS, "train_size=size, seed=seed, **settings.reading)", "train_size=size, **settings.reading)", MADE),
    Mutant(CHAPTERS, "train_size=size, seed=seed, **settings.reading)", "train_size=size, seed=seed)", MADE),
    Mutant(CHAPTERS, "train_size=size, seed=seed", "seed=seed", MADE),
    Mutant(CHAPTERS, "settings.data_dir, hparams=settings.hparams)", "settings.data_dir)", MADE),
    Mutant(CHAPTERS, "vocabulary.prepare(settings.vocab,", 'vocabulary.prepare("train:1000",', MADE),
    Mutant(CHAPTERS, "max_seq_length=settings.max_seq_length,\n", "", MADE),
    Mutant(CHAPTERS, "one_sentence_per_example=settings.one_sentence_per_example,\n", "", MADE),
    Mutant(CHAPTERS, "        seed=settings.seed,\n", "", MADE),
    Mutant(CHAPTERS, "chosen = hyperparameters(settings)", "chosen = dict(settings.hparams)", MADE),
    Mutant(CHAPTERS, 'if chosen["num_train_steps"] > QUICK_STEPS:', "if True:", MADE),
    Mutant(CHAPTERS, 'min(chosen["learning_rate"], QUICK_RATE)', "QUICK_RATE", MADE),
    Mutant(CHAPTERS, 'model_name += "-quick"', "pass", MADE),
    Mutant(CHAPTERS, "return presets.load(preset, named, base=BUILT_IN)", "return presets.load(preset, named)", MADE),
    Mutant(
        CHAPTERS,
        "return presets.load(preset, named, base=BUILT_IN)",
        "return presets.load(BUILT_IN, named)",
        OPEN,
    ),
    Mutant(
        CHAPTERS,
        "target.writelines(itertools.islice(source, lines))",
        "target.writelines(source)",
        (OF_CHAPTERS + "test_a_branch_has_its_own_text_and_the_same_vocabulary",),
    ),
    # Widgets.
    Mutant(
        WIDGETS,
        "plots.sentence_verdicts([(None, judged)], discriminator.threshold)",
        "plots.sentence_verdicts([(None, judged)], 0.5)",
        (OF_CHAPTERS + "test_a_branch_has_its_own_text_and_the_same_vocabulary",),
    ),
    Mutant(
        WIDGETS,
        "return plots.sentence_verdicts(rows, discriminator.threshold)",
        "return plots.sentence_verdicts(rows, 0.5)",
        SWAPS,
    ),
    Mutant(WIDGETS, "turns[place] = turns.get(place, -1) + 1", "turns[place] = 0", EXPLORER),
    Mutant(WIDGETS, "lambda _, place=place: swap(place)", "lambda _: swap(place)", EXPLORER),
    Mutant(WIDGETS, "draw[0] = (draw[0] + 1) % len(walks[slider.value])", "draw[0] = 0", EXPLORER),
    Mutant(
        WIDGETS,
        "for word in _whole_words(generator, masked) if word != core]",
        "for word in _whole_words(generator, masked)]",
        EXPLORER,
    ),
    # The method.
    Mutant(
        METHOD,
        "draw_from = _softmax(logits[hidden] / temperature)",
        "draw_from = _softmax(logits[hidden])",
        EXPLORER,
    ),
    Mutant(
        METHOD,
        "-math.log(max(probability if replaced else 1 - probability, 1e-9))",
        "-math.log(max(1 - probability if replaced else probability, 1e-9))",
        (OF_CHAPTERS + "test_losses_are_those_of_training",),
    ),
    Mutant(METHOD, "replaced=(drawn[n] != ids)", "replaced=(masked[n] != ids)", WALK),
    Mutant(METHOD, "max(1, int(round(share * len(inner))))", "1", WALK),
    # Summary and objectives.
    Mutant(
        SUMMARY, 'word_auc=evaluation["auc"]', 'word_auc=held_out.get("disc_auc")', ("tests/tutorial/test_summary.py",)
    ),
    Mutant(
        SUMMARY,
        'train, valid = amount(corpus["train_lines"], "line"), amount(corpus["valid_lines"], "line")',
        'valid, train = amount(corpus["train_lines"], "line"), amount(corpus["valid_lines"], "line")',
        ("tests/tutorial/test_summary.py",),
    ),
    Mutant(
        OBJECTIVES,
        "budget / flops.step_flops(_resolved(data_dir, changed))",
        "budget / flops.step_flops(_resolved(data_dir, base))",
        ("tests/tutorial/test_objectives.py::test_every_objective_costs_the_same",),
    ),
    Mutant(
        OBJECTIVES,
        "dict(loss_on_all_tokens=False)",
        "dict(loss_on_all_tokens=True)",
        ("tests/tutorial/test_objectives.py::test_every_objective_costs_the_same",),
    ),
    Mutant(
        OBJECTIVES,
        "settings = dict(settings, seed=seed)",
        "settings = dict(settings)",
        (
            "tests/tutorial/test_objectives.py::test_what_was_done_is_not_done_again",
            "tests/tutorial/test_objectives.py::test_random_weights_are_fine_tuned_beside",
        ),
    ),
    Mutant(
        OBJECTIVES,
        "start, dict(fine, seed=seed), rates",
        "start, fine, rates",
        (
            "tests/tutorial/test_objectives.py::test_what_was_done_is_not_done_again",
            "tests/tutorial/test_objectives.py::test_random_weights_are_fine_tuned_beside",
        ),
    ),
    # Figures.
    Mutant(VERDICTS, "axes.plot(false, true, color=BLUE", "axes.plot(true, false, color=BLUE", PLOTS),
    Mutant(
        VERDICTS,
        'np.array(evaluation["fpr"]), np.array(evaluation["tpr"])',
        'np.array(evaluation["tpr"]), np.array(evaluation["fpr"])',
        PLOTS,
    ),
    Mutant(
        VERDICTS,
        'xlabel="original words called replaced", ylabel="replaced words found"',
        'xlabel="replaced words found", ylabel="original words called replaced"',
        PLOTS,
    ),
    Mutant(
        VERDICTS,
        'point = evaluation["false_alarms"], evaluation["recall"]',
        'point = evaluation["recall"], evaluation["false_alarms"]',
        PLOTS,
    ),
    Mutant(VERDICTS, "replaced = probability > threshold", "replaced = probability > 0.5", PLOTS),
    Mutant(VERDICTS, "for word, p in pairs if p > threshold)", "for word, p in pairs if p > 0.5)", PLOTS),
    Mutant(VERDICTS, "axes.barh(words, shares, color=ORANGE", "axes.barh(words, sorted(shares), color=ORANGE", PLOTS),
    Mutant(VERDICTS, "at = left + length * min(1.0, max(0.0, threshold))", "at = left + length * 0.5", PLOTS),
    Mutant(VERDICTS, '("the generator draws", steps["drawn"])', '("the generator draws", steps["tokens"])', PLOTS),
    Mutant(VERDICTS, '"replaced" if replaced else "original"', '"original" if replaced else "replaced"', PLOTS),
    Mutant(CURVES, "steps, values = _series(held_out, key)", "steps, values = _series(train, key)", PLOTS),
    Mutant(
        CURVES,
        '"disc_loss": ("Discriminator", BLUE), "mlm_loss": ("Generator", ORANGE)',
        '"disc_loss": ("Generator", BLUE), "mlm_loss": ("Discriminator", ORANGE)',
        PLOTS,
    ),
    Mutant(CURVES, "axes.plot(steps, rates, color=GREEN)", "axes.plot(steps, rates[::-1], color=GREEN)", PLOTS),
    Mutant(CURVES, 'found[row["event"]][row["step"]] = row', 'found[row["event"]].setdefault(row["step"], row)', PLOTS),
    Mutant(CURVES, 'if row.get("event") == "eval" and metric in row]', "if metric in row]", PLOTS),
    Mutant(CURVES, "axes.plot(steps, ours, color=GREEN, label", "axes.plot(steps, ours / 2, color=GREEN, label", PLOTS),
    Mutant(
        PICTURES,
        "shares = [used[label] / sizes[label] for label in used]",
        "shares = [sizes[label] / max(sizes.values()) for label in used]",
        PLOTS,
    ),
    Mutant(
        PICTURES,
        'kinds[np.asarray(batch["input_mask"]) == 0] = "padding"',
        'kinds[np.asarray(batch["input_ids"]) == 0] = "padding"',
        PLOTS,
    ),
    Mutant(PICTURES, 'np.asarray(batch["segment_ids"]) == 1', 'np.asarray(batch["segment_ids"]) == 0', PLOTS),
    Mutant(
        PICTURES,
        "axes.plot(sizes, values, color=colour, ls=line, marker=marker, ms=6",
        "axes.plot(sizes, sizes, color=colour, ls=line, marker=marker, ms=6",
        PLOTS,
    ),
    Mutant(
        PICTURES,
        "np.bincount(values, minlength=longest + 1)[1 : longest + 1] / len(values)",
        "np.bincount(values, minlength=longest + 1)[:longest] / len(values)",
        PLOTS,
    ),
    Mutant(PICTURES, "np.array(heights) / sentences, width", "np.array(heights) / total, width", PLOTS),
    Mutant(
        MATRIX,
        "counts / np.maximum(1, counts.sum(axis=1, keepdims=True))",
        "counts / np.maximum(1, counts.sum(axis=0, keepdims=True))",
        PLOTS,
    ),
    Mutant(MATRIX, 'axes.imshow(shares, cmap="Blues"', 'axes.imshow(shares.T, cmap="Blues"', PLOTS),
    Mutant(
        MATRIX,
        "means = [statistics.mean(points[place]) for place in places]",
        "means = [max(points[place]) for place in places]",
        PLOTS,
    ),
    Mutant(
        MATRIX,
        "lows, highs = [min(points[p]) for p in places], [max(points[p]) for p in places]",
        "lows, highs = means, means",
        PLOTS,
    ),
    # The whole notebook from the command line.
    Mutant(
        "helpers/tutorial/__main__.py",
        "os.remove(written)",
        "pass",
        ("tests/tutorial/test_tutorial.py::test_a_failing_cell_is_one_sentence_and_leaves_what_there_is",),
    ),
    Mutant(
        "helpers/tutorial/__main__.py",
        "text if name in texts else value_of(text)",
        "value_of(text)",
        ("tests/tutorial/test_tutorial.py::test_text_on_the_command_line_stays_text",),
    ),
    Mutant(
        "helpers/tutorial/__main__.py",
        'presets.load(values["PRESET"], values)',
        "pass",
        ("tests/tutorial/test_tutorial.py::test_a_mistake_is_said_before_anything_starts",),
    ),
    Mutant(
        "notebooks/electra_spanish.ipynb",
        "train_size=size, seed=seed, **settings.reading",
        "train_size=size",
        ("tests/tutorial/test_tutorial_notebook.py::test_what_the_notebook_made_is_up_to_date_for_the_same_settings",),
    ),
    # Tools.
    Mutant(
        "tools/notebook_files.py",
        "PROJECT_LINE.sub('PROJECT = \"\"', cell)",
        "cell",
        ("tests/project/test_links.py::test_the_address_does_not_count_as_a_change_of_the_code",),
    ),
    Mutant(
        "tools/links.py",
        "line = 'PROJECT = \"https://github.com/%s\"' % repository",
        "line = 'PROJECT = \"\"'",
        ("tests/project/test_links.py",),
    ),
    Mutant(
        "tools/make_notebooks.py",
        'cell["outputs"] = number, done[cell["id"]]',
        'cell["outputs"] = number, cell["outputs"]',
        ("tests/project/test_run_notebook.py::test_outputs_and_measurements_are_kept",),
    ),
    Mutant(
        "tools/audit.py",
        "    if missing:\n",
        "    if len(missing) == len(set(wanted)):\n",
        ("tests/project/test_audit.py",),
    ),
    Mutant(
        "tools/audit.py",
        "next((each for each in lists if name not in each), None)",
        "next(iter(lists), None)",
        ("tests/project/test_audit.py",),
    ),
]
