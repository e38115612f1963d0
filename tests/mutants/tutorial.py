"""Faults in plots, tutorial and tools."""

from tests.mutants.table import Mutant

PRESETS = "helpers/tutorial/presets/__init__.py"
PARAMETERS = "helpers/tutorial/presets/parameters.py"
CHAPTERS = "helpers/tutorial/chapters.py"
WIDGETS = "helpers/tutorial/widgets.py"
METHOD = "helpers/tutorial/method.py"
SUMMARY = "helpers/tutorial/summary.py"
OBJECTIVES = "helpers/tutorial/objectives.py"
RUN = "helpers/tutorial/__main__.py"
CURVES = "helpers/plots/pretraining.py"
VERDICTS = "helpers/plots/discriminator.py"
PICTURES = "helpers/plots/data.py"
MATRIX = "helpers/plots/finetuning.py"
OF_FIGURES = "tests/plots/test_what_is_drawn.py::"
OF_PRESETS = "tests/tutorial/test_presets.py::"
OF_CHAPTERS = "tests/tutorial/test_chapters.py::"
OF_SUMMARY = "tests/tutorial/test_summary.py::"
OF_OBJECTIVES = "tests/tutorial/test_objectives.py::"
OF_RUN = "tests/tutorial/test_tutorial.py::"

ROWS = [
    # Settings.
    Mutant(
        PRESETS,
        "for each in dict.fromkeys([ARTICLE, name or DEFAULT]):",
        "for each in dict.fromkeys([name or DEFAULT, ARTICLE]):",
        (OF_PRESETS + "test_empty_fields_follow_the_preset",),
    ),
    Mutant(
        PRESETS,
        'HPARAMS=dict(values["HPARAMS"], **further))',
        "HPARAMS=further)",
        (OF_PRESETS + "test_what_is_written_wins_also_against_a_preset",),
    ),
    Mutant(
        PRESETS,
        'HPARAMS=dict(values["HPARAMS"], **further))',
        'HPARAMS=dict(further, **values["HPARAMS"]))',
        (OF_PRESETS + "test_what_is_written_wins_also_against_a_preset",),
    ),
    Mutant(
        PRESETS,
        'return dict(named, **self._values.get("HPARAMS", {}))',
        "return named",
        (OF_PRESETS + "test_empty_fields_follow_the_preset",),
    ),
    Mutant(
        PRESETS,
        'None if value == parameters.ALL and name == "TRAIN_SIZE" else value',
        "value",
        (OF_PRESETS + "test_all_lines_are_said_by_a_word",),
    ),
    Mutant(
        PRESETS,
        "origins.update(dict.fromkeys(list(written) + list(further), FORM))",
        "origins.update(dict.fromkeys(list(further), FORM))",
        (OF_PRESETS + "test_the_table_says_where_each_value_comes_from",),
    ),
    Mutant(
        PRESETS,
        "        values.update(found)\n",
        "        values.update({each: value for each, value in found.items() if each not in values})\n",
        (OF_PRESETS + "test_empty_fields_follow_the_preset",),
    ),
    Mutant(
        PARAMETERS,
        '(given[name] is None or given[name] == "")',
        "given[name] is None",
        (OF_PRESETS + "test_empty_fields_follow_the_preset",),
    ),
    Mutant(
        PARAMETERS,
        'LEARNING_RATE SEED".split()',
        'LEARNING_RATE".split()',
        (OF_PRESETS + "test_a_preset_may_be_a_file",),
    ),
    Mutant(
        PARAMETERS,
        '"CORPUS_LANGUAGE": "language"',
        '"CORPUS_LANGUAGE": "column"',
        (OF_PRESETS + "test_how_text_is_read_is_passed_on_where_it_is_said",),
    ),
    # Chapters.
    Mutant(
        CHAPTERS,
        "train_size=size, seed=seed, **settings.reading)",
        "train_size=size, **settings.reading)",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "train_size=size, seed=seed, **settings.reading)",
        "train_size=size, seed=seed)",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "train_size=size, seed=seed",
        "seed=seed",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "settings.data_dir, hparams=settings.hparams)",
        "settings.data_dir)",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "vocabulary.prepare(settings.vocab,",
        'vocabulary.prepare("train:1000",',
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "max_seq_length=settings.max_seq_length,\n",
        "",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS,
        "one_sentence_per_example=settings.one_sentence_per_example,\n",
        "",
        (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",),
    ),
    Mutant(
        CHAPTERS, "        seed=settings.seed,\n", "", (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",)
    ),
    Mutant(
        CHAPTERS,
        "chosen = hyperparameters(settings)",
        "chosen = dict(settings.hparams)",
        (OF_CHAPTERS + "test_hyperparameters_follow_the_examples_that_are_there",),
    ),
    Mutant(
        CHAPTERS,
        'if chosen["num_train_steps"] > QUICK_STEPS:',
        "if True:",
        (OF_CHAPTERS + "test_a_model_in_passing_is_trained_briefly",),
    ),
    Mutant(
        CHAPTERS,
        'min(chosen["learning_rate"], QUICK_RATE)',
        "QUICK_RATE",
        (OF_CHAPTERS + "test_a_model_in_passing_is_trained_briefly",),
    ),
    Mutant(
        CHAPTERS, "model_name += QUICK\n", "pass\n", (OF_CHAPTERS + "test_what_is_missing_is_made_with_the_settings",)
    ),
    Mutant(
        CHAPTERS,
        "return presets.load(preset, given)",
        "return presets.load(BUILT_IN, given)",
        (OF_CHAPTERS + "test_a_chapters_settings_are_the_whole_tutorials",),
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
        (OF_CHAPTERS + "test_a_sentence_is_judged_and_its_words_swapped",),
    ),
    Mutant(
        WIDGETS,
        "return plots.sentence_verdicts(rows, discriminator.threshold)",
        "return plots.sentence_verdicts(rows, 0.5)",
        (OF_CHAPTERS + "test_without_hands_the_swaps_are_a_figure",),
    ),
    Mutant(
        WIDGETS,
        "turns[place] = turns.get(place, -1) + 1",
        "turns[place] = 0",
        (OF_CHAPTERS + "test_a_sentence_is_judged_and_its_words_swapped",),
    ),
    Mutant(
        WIDGETS,
        "lambda _, place=place: swap(place)",
        "lambda _: swap(place)",
        (OF_CHAPTERS + "test_a_sentence_is_judged_and_its_words_swapped",),
    ),
    Mutant(
        WIDGETS,
        "draw[0] = (draw[0] + 1) % len(walks[slider.value])",
        "draw[0] = 0",
        (OF_CHAPTERS + "test_the_slider_and_the_button_change_the_picture",),
    ),
    Mutant(
        WIDGETS,
        "for word in _whole_words(generator, masked) if word != core]",
        "for word in _whole_words(generator, masked)]",
        (OF_CHAPTERS + "test_without_hands_the_swaps_are_a_figure",),
    ),
    Mutant(WIDGETS, "        asked.clear()\n", "", (OF_CHAPTERS + "test_the_buttons_start_stop_and_resume_a_run",)),
    # The method.
    Mutant(
        METHOD,
        "draw_from = _softmax(logits[hidden] / temperature)",
        "draw_from = _softmax(logits[hidden])",
        (OF_CHAPTERS + "test_a_walk_goes_through_a_real_pair",),
    ),
    Mutant(
        METHOD,
        "-math.log(max(probability if replaced else 1 - probability, 1e-9))",
        "-math.log(max(1 - probability if replaced else probability, 1e-9))",
        (OF_CHAPTERS + "test_losses_are_those_of_training",),
    ),
    Mutant(
        METHOD,
        "replaced=(drawn[n] != ids)",
        "replaced=(masked[n] != ids)",
        (OF_CHAPTERS + "test_a_walk_goes_through_a_real_pair",),
    ),
    Mutant(
        METHOD, "max(1, int(round(share * len(inner))))", "1", (OF_CHAPTERS + "test_a_walk_goes_through_a_real_pair",)
    ),
    # Summary and objectives.
    Mutant(
        SUMMARY,
        'word_auc=evaluation["auc"]',
        'word_auc=held_out.get("disc_auc")',
        (OF_SUMMARY + "test_the_file_gives_the_same_lines",),
    ),
    Mutant(
        SUMMARY,
        'train, valid = amount(corpus["train_lines"], "line"), amount(corpus["valid_lines"], "line")',
        'valid, train = amount(corpus["train_lines"], "line"), amount(corpus["valid_lines"], "line")',
        (OF_SUMMARY + "test_five_lines",),
    ),
    Mutant(
        OBJECTIVES,
        "budget / flops.step_flops(_resolved(data_dir, changed))",
        "budget / flops.step_flops(_resolved(data_dir, base))",
        (OF_OBJECTIVES + "test_every_objective_costs_the_same",),
    ),
    Mutant(
        OBJECTIVES,
        "dict(loss_on_all_tokens=False)",
        "dict(loss_on_all_tokens=True)",
        (OF_OBJECTIVES + "test_every_objective_costs_the_same",),
    ),
    Mutant(
        OBJECTIVES,
        "settings = dict(settings, seed=seed)",
        "settings = dict(settings)",
        (OF_OBJECTIVES + "test_what_was_done_is_not_done_again",),
    ),
    Mutant(
        OBJECTIVES,
        "start, dict(fine, seed=seed), rates",
        "start, fine, rates",
        (OF_OBJECTIVES + "test_random_weights_are_fine_tuned_beside",),
    ),
    # The whole notebook.
    Mutant(
        RUN, "os.remove(written)", "pass", (OF_RUN + "test_a_failing_cell_is_one_sentence_and_leaves_what_there_is",)
    ),
    Mutant(
        RUN,
        "text if name in texts else value_of(text)",
        "value_of(text)",
        (OF_RUN + "test_text_on_the_command_line_stays_text",),
    ),
    Mutant(
        RUN,
        'presets.load(values.get("PRESET", ""), values)',
        "pass",
        (OF_RUN + "test_a_mistake_is_said_before_anything_starts",),
    ),
    Mutant(
        "notebooks/electra_spanish.ipynb",
        "train_size=size, seed=seed, **settings.reading",
        "train_size=size",
        ("tests/tutorial/test_tutorial_notebook.py::test_what_the_notebook_made_is_up_to_date_for_the_same_settings",),
    ),
    # Figures.
    Mutant(
        VERDICTS,
        'axes.plot(one["fpr"], one["tpr"], color=colour, ls=line, lw=2.4',
        'axes.plot(one["tpr"], one["fpr"], color=colour, ls=line, lw=2.4',
        (OF_FIGURES + "test_the_roc_curve",),
    ),
    Mutant(
        VERDICTS,
        'axes.plot(one["fpr"], one["tpr"], color=colour, ls=line, lw=1.6)',
        'axes.plot(one["tpr"], one["fpr"], color=colour, ls=line, lw=1.6)',
        (OF_FIGURES + "test_the_roc_curve",),
    ),
    Mutant(
        VERDICTS,
        'xlabel="original words called replaced (false alarms)", ylabel="replaced words found"',
        'xlabel="replaced words found", ylabel="original words called replaced (false alarms)"',
        (OF_FIGURES + "test_the_roc_curve",),
    ),
    Mutant(
        VERDICTS,
        'place = (one["false_alarms"], one["recall"])',
        'place = (one["recall"], one["false_alarms"])',
        (OF_FIGURES + "test_the_roc_curve",),
    ),
    Mutant(
        VERDICTS, "replaced = probability > threshold", "replaced = probability > 0.5", (OF_FIGURES + "test_a_verdict",)
    ),
    Mutant(
        VERDICTS,
        "for word, p in pairs if p > threshold)",
        "for word, p in pairs if p > 0.5)",
        (OF_FIGURES + "test_a_verdict",),
    ),
    Mutant(
        VERDICTS,
        "axes.barh(rows, shares, color",
        "axes.barh(rows, shares[::-1], color",
        (OF_FIGURES + "test_guesses_for_a_mask",),
    ),
    Mutant(
        VERDICTS,
        "at = left + length * min(1.0, max(0.0, threshold))",
        "at = left + length * 0.5",
        (OF_FIGURES + "test_a_verdict",),
    ),
    Mutant(
        VERDICTS,
        '("the generator draws", steps["drawn"])',
        '("the generator draws", steps["tokens"])',
        (OF_FIGURES + "test_a_walk",),
    ),
    Mutant(
        VERDICTS,
        '"replaced" if replaced else "original"',
        '"original" if replaced else "replaced"',
        (OF_FIGURES + "test_a_walk",),
    ),
    Mutant(
        CURVES,
        "steps, values = _series(held_out, key)",
        "steps, values = _series(train, key)",
        (OF_FIGURES + "test_the_training_curve",),
    ),
    Mutant(
        CURVES,
        '"disc_loss": ("Discriminator", BLUE), "mlm_loss": ("Generator", ORANGE)',
        '"disc_loss": ("Generator", BLUE), "mlm_loss": ("Discriminator", ORANGE)',
        (OF_FIGURES + "test_the_training_curve",),
    ),
    Mutant(
        CURVES,
        "axes.plot(steps, rates, color=GREEN)",
        "axes.plot(steps, rates[::-1], color=GREEN)",
        (OF_FIGURES + "test_the_training_curve",),
    ),
    Mutant(
        CURVES,
        'found[row["event"]][row["step"]] = row',
        'found[row["event"]].setdefault(row["step"], row)',
        ("tests/plots/test_plots.py::test_of_two_rows_of_a_step_the_later_one_is_drawn",),
    ),
    Mutant(
        CURVES,
        'if row.get("event") == "eval" and metric in row]',
        "if metric in row]",
        (OF_FIGURES + "test_runs_side_by_side",),
    ),
    Mutant(
        CURVES,
        "axes.plot(steps, ours, color=GREEN, label",
        "axes.plot(steps, ours / 2, color=GREEN, label",
        (OF_FIGURES + "test_the_learning_rate_over_a_run",),
    ),
    Mutant(
        PICTURES,
        "shares = [used[label] / sizes[label] for label in used]",
        "shares = [sizes[label] / max(sizes.values()) for label in used]",
        (OF_FIGURES + "test_vocabularies_side_by_side",),
    ),
    Mutant(
        PICTURES,
        'kinds[np.asarray(batch["input_mask"]) == 0] = "padding"',
        'kinds[np.asarray(batch["input_ids"]) == 0] = "padding"',
        (OF_FIGURES + "test_examples",),
    ),
    Mutant(
        PICTURES,
        'np.asarray(batch["segment_ids"]) == 1',
        'np.asarray(batch["segment_ids"]) == 0',
        (OF_FIGURES + "test_examples",),
    ),
    Mutant(
        PICTURES,
        "axes.plot(sizes, values, color=colour, ls=line, marker=marker, ms=6",
        "axes.plot(sizes, sizes, color=colour, ls=line, marker=marker, ms=6",
        (OF_FIGURES + "test_time_against_size",),
    ),
    Mutant(
        PICTURES,
        "np.bincount(values, minlength=longest + 1)[1 : longest + 1] / len(values)",
        "np.bincount(values, minlength=longest + 1)[:longest] / len(values)",
        (OF_FIGURES + "test_vocabularies_side_by_side",),
    ),
    Mutant(
        PICTURES,
        "np.array(heights) / sentences, width",
        "np.array(heights) / total, width",
        (OF_FIGURES + "test_an_overview_of_a_corpus",),
    ),
    Mutant(
        MATRIX, "wrong[np.ix_(kept, kept)]", "wrong.T[np.ix_(kept, kept)]", (OF_FIGURES + "test_a_confusion_matrix",)
    ),
    Mutant(
        MATRIX,
        'xlabel="predicted label", ylabel="true label (how often)"',
        'xlabel="true label", ylabel="predicted label (how often)"',
        (OF_FIGURES + "test_a_confusion_matrix",),
    ),
    Mutant(
        "helpers/plots/picture.py",
        "means = [statistics.mean(points[place]) for place in places]",
        "means = [max(points[place]) for place in places]",
        (OF_FIGURES + "test_learning_curves",),
    ),
    Mutant(
        "helpers/plots/picture.py",
        "lows, highs = ([end(points[place]) for place in places] for end in (min, max))",
        "lows, highs = means, means",
        (OF_FIGURES + "test_learning_curves",),
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
