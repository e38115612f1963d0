"""Faults in base, environment and data."""

from tests.mutants.table import Mutant

CORPUS = "helpers/data/corpus/__init__.py"
SPLIT = "helpers/data/corpus/split.py"
TEXT = "helpers/data/corpus/text/__init__.py"
DOWNLOAD = "helpers/data/corpus/download.py"
VOCABULARY = "helpers/data/vocabulary/__init__.py"
DATASET = "helpers/data/dataset/__init__.py"
BUILDER = "helpers/data/dataset/builder.py"
PACKING = "helpers/data/dataset/examples.py"
MANIFEST = "helpers/base/manifest.py"
GPU = "helpers/environment/gpu.py"
OF_CORPUS = "tests/data/test_corpus.py::"
OF_SPLIT = "tests/data/test_split.py::"
OF_TEXT = "tests/data/test_text.py::"
OF_DOWNLOAD = "tests/data/test_download.py::"
OF_VOCABULARY = "tests/data/test_vocabulary.py::"
OF_DATASET = "tests/data/test_build_dataset.py::"
OF_FORMATS = "tests/data/test_formats.py::"
OF_GPU = "tests/environment/test_gpu.py::"
OF_ENVIRONMENT = "tests/environment/test_environment.py::"
OF_CHILD = "tests/environment/test_child.py::"

ROWS = [
    # The corpus.
    Mutant(CORPUS, 'parameters["seed"], dropped', "0, dropped", (OF_CORPUS + "test_up_to_date_and_what_is_redone",)),
    Mutant(
        CORPUS,
        "valid_size=valid_size, seed=seed, options",
        "valid_size=valid_size, options",
        (OF_CORPUS + "test_up_to_date_and_what_is_redone",),
    ),
    Mutant(
        CORPUS,
        "found = find(source, folder, release, seed, opus_url, options)",
        "found = find(source, folder, release, 0, opus_url, options)",
        (OF_CORPUS + "test_the_sample_corpus",),
    ),
    Mutant(
        CORPUS,
        "(valid if held_out else train).add(document, unit)",
        "train.add(document, unit)",
        (OF_CORPUS + "test_a_file",),
    ),
    Mutant(CORPUS, "if document != self._document:", "if False:", (OF_CORPUS + "test_a_file",)),
    Mutant(
        CORPUS,
        '"ended": train_size is None or train.lines < train_size',
        '"ended": train_size is None or train.lines > train_size',
        (OF_CORPUS + "test_a_file",),
    ),
    Mutant(
        CORPUS,
        '"lines_in": train.lines + valid.lines + tally.dropped_lines',
        '"lines_in": train.lines + valid.lines',
        (OF_CORPUS + "test_a_copy_of_a_held_out_document_is_not_trained_on",),
    ),
    Mutant(
        SPLIT,
        "max(few, int(train_size * SHARE))",
        "max(few, int(train_size * 0.02))",
        (OF_SPLIT + "test_held_out_size",),
    ),
    Mutant(
        SPLIT,
        'place = random.Random(f"{seed}/{seen}")',
        'place = random.Random(f"{seen}")',
        (OF_SPLIT + "test_a_split_depends_on_the_seed_alone",),
    ),
    Mutant(
        SPLIT,
        "if lines + len(units[index].lines) <= 2 * wanted:",
        "if True:",
        (OF_SPLIT + "test_long_documents_do_not_make_much_more_held_out_than_wanted",),
    ),
    Mutant(
        SPLIT,
        "if lines >= wanted or len(drawn) == len(units) - 1:",
        "if len(drawn) == len(units) - 1:",
        (OF_SPLIT + "test_long_documents_do_not_make_much_more_held_out_than_wanted",),
    ),
    Mutant(
        SPLIT,
        "elif key and key in seen_documents.held_out:",
        "elif False:",
        (OF_SPLIT + "test_the_same_document_never_stands_on_both_sides",),
    ),
    Mutant(SPLIT, "kept = unit.lines[: train_size - trained]", "kept = unit.lines", (OF_SPLIT + "test_any_corpus",)),
    Mutant(
        TEXT,
        "bad_before, lines_before, spoilt_before = tally.bad_lines, tally.lines, tally.spoilt_lines",
        "bad_before = lines_before = spoilt_before = 0",
        (OF_TEXT + "test_what_is_not_utf8_is_a_share_of_its_own_file",),
    ),
    Mutant(
        TEXT,
        'tally.add_bad(f"{name}, line {number}", bad)',
        'tally.add_bad(f"{name}, line {number}", 1)',
        (OF_TEXT + "test_bad_bytes_are_counted_and_the_first_is_named",),
    ),
    Mutant(
        TEXT,
        "numbers = range(number, number + len(lines))",
        "numbers = range(number - 1, number - 1 + len(lines))",
        (OF_TEXT + "test_bad_bytes_are_counted_and_the_first_is_named",),
    ),
    Mutant(TEXT, "    if normalize:\n", "    if True:\n", (OF_FORMATS + "test_utf8_decoded_twice_is_mended",)),
    Mutant(
        "helpers/data/corpus/sentences.py",
        "if after[:1].islower() or",
        "if after[:1].isupper() or",
        (OF_FORMATS + "test_sentences",),
    ),
    Mutant(
        "helpers/data/corpus/account.py",
        'counts["exact"] += found',
        'counts["exact"] += 1',
        (OF_CORPUS + "test_lines_that_stand_on_both_sides_count_as_often_as_they_are_held_out",),
    ),
    Mutant(
        "helpers/data/corpus/counting.py",
        "counts.most_common()",
        "sorted(counts.items())",
        ("tests/plots/test_plots.py::test_corpus_overview_counts_words",),
    ),
    Mutant(
        "helpers/data/corpus/sources/web.py",
        "used * needed // max(1, lines)",
        "used * needed",
        (OF_CORPUS + "test_the_transfer_is_in_proportion_to_what_is_used",),
    ),
    Mutant(
        "helpers/data/corpus/sources/files.py",
        'yield [""]',
        "yield []",
        (OF_CORPUS + "test_files_without_blank_lines_are_documents",),
    ),
    Mutant(
        DOWNLOAD,
        "failures = 1 if offset > offset_before else failures + 1",
        "failures += 1",
        (OF_DOWNLOAD + "test_hiccups_of_a_download_that_moves_on_do_not_add_up",),
    ),
    Mutant(
        DOWNLOAD,
        "max(patience, FIRST_PAUSE * 2 ** (failures - 1))",
        "FIRST_PAUSE * 2 ** (failures - 1)",
        (OF_DOWNLOAD + "test_retry_after_is_obeyed",),
    ),
    Mutant(
        DOWNLOAD,
        "self._check(kept.read(compared) != block[:compared])",
        "kept.read(compared)",
        (OF_DOWNLOAD + "test_a_file_that_changes_midway_is_noticed",),
    ),
    Mutant(
        "helpers/data/corpus/formats/tables/__init__.py",
        "return columns[int(column) - 1]",
        "return columns[-int(column)]",
        (OF_CORPUS + "test_what_is_said_of_the_files_makes_another_corpus",),
    ),
    Mutant(
        "helpers/data/corpus/formats/tables/csv_rows.py",
        "cells[len(names) - 1 :] = [mark.join(cells[len(names) - 1 :])]",
        "cells = cells[: len(names)]",
        (OF_FORMATS + "test_what_is_read",),
    ),
    Mutant(
        "helpers/data/corpus/formats/subtitles.py",
        'tally.leave_out("adverts and credits within subtitles")',
        "pass",
        (
            OF_FORMATS + "test_what_is_read",
            "tests/data/test_corpus_cases.py",
        ),
    ),
    Mutant(
        "helpers/data/corpus/formats/names.py",
        'chosen = groups["text"] or groups["json"] or groups["none"]',
        'chosen = groups["text"] + groups["json"] + groups["none"]',
        (
            OF_FORMATS + "test_what_is_read",
            OF_CORPUS + "test_a_folder_and_a_glob",
        ),
    ),
    Mutant(
        "helpers/data/corpus/formats/names.py",
        "code == wanted]",
        "code != wanted]",
        (OF_FORMATS + "test_a_language_of_several_is_chosen",),
    ),
    Mutant(
        "helpers/data/corpus/formats/__init__.py",
        'yield [""]  # a file',
        "pass  # a file",
        (OF_FORMATS + "test_what_is_read",),
    ),
    Mutant(
        "helpers/data/corpus/sources/hub.py",
        'self._parts.get("split") or "train"',
        '"train"',
        ("tests/data/test_hub_source.py",),
    ),
    Mutant(
        "helpers/data/corpus/sources/hub.py",
        'options.column or self._parts.get("column")',
        "options.column",
        ("tests/data/test_hub_source.py",),
    ),
    # The vocabulary.
    Mutant(
        VOCABULARY,
        "current(data_dir, wanted, inputs)\n    if made is not None:",
        "current(data_dir, wanted, {})\n    if made is not None:",
        (OF_VOCABULARY + "test_a_vocabulary_is_learnt_anew_when_the_text_was_edited",),
    ),
    Mutant(
        VOCABULARY,
        '("strip_accents", strip_accents)):\n        if given is None',
        '("do_lower_case", strip_accents)):\n        if given is None',
        (OF_VOCABULARY + "test_case_in_the_hyperparameters_is_obeyed_from_the_start_or_refused",),
    ),
    Mutant(
        VOCABULARY,
        'argv += ["--do-strip-accents" if strip else "--no-strip-accents"]',
        'argv += ["--do-strip-accents" if lower else "--no-strip-accents"]',
        (OF_VOCABULARY + "test_a_vocabulary_is_learnt_anew_when_the_text_was_edited",),
    ),
    Mutant(
        VOCABULARY,
        "return dict(found, source=name, vocab_size=int(size)), {os.path.basename(path): path}",
        "return dict(found, source=name, vocab_size=int(size)), {}",
        (OF_VOCABULARY + "test_a_vocabulary_is_learnt_anew_when_the_text_was_edited",),
    ),
    Mutant(
        "helpers/data/vocabulary/builder.py",
        "SPECIAL_TOKENS) + characters + continuing",
        "SPECIAL_TOKENS) + continuing + characters",
        (
            OF_VOCABULARY + "test_every_frequent_character_can_begin_and_continue_a_word",
            OF_VOCABULARY + "test_two_runs_give_one_vocabulary",
        ),
    ),
    Mutant(
        "helpers/data/vocabulary/vocab_file.py",
        "return {token: number for number, token in enumerate(tokens)}",
        "return {token: number for number, token in reversed(list(enumerate(tokens)))}",
        (OF_VOCABULARY + "test_oddities_are_put_right_and_said",),
    ),
    Mutant(
        "helpers/data/vocabulary/tokenization.py",
        "do_lower_case if strip_accents is None else strip_accents\n        self.cut",
        "do_lower_case\n        self.cut",
        ("tests/data/test_tokenization.py",),
    ),
    Mutant(
        VOCABULARY,
        "UNKNOWN_SHARE = 0.01",
        "UNKNOWN_SHARE = 0.1",
        (OF_VOCABULARY + "test_the_share_of_unknown_words_is_right_and_the_switch_helps",),
    ),
    Mutant(
        VOCABULARY,
        "if strip and not strip_accents and not now_strip:",
        "if lower and not strip_accents and not now_strip:",
        (OF_VOCABULARY + "test_the_remedy_is_the_switch_that_helps",),
    ),
    # The examples.
    Mutant(
        BUILDER,
        "arguments.blanks_separate_docs,\n        arguments.one_sentence_per_example,\n        arguments.num_out_files",
        "arguments.one_sentence_per_example,\n        arguments.blanks_separate_docs,\n        arguments.num_out_files",
        (OF_DATASET + "test_notebook_function",),
    ),
    Mutant(
        BUILDER,
        "blanks_separate_docs=arguments.blanks_separate_docs,",
        "blanks_separate_docs=arguments.one_sentence_per_example,",
        (OF_DATASET + "test_examples_packed_the_obvious_way",),
    ),
    Mutant(
        BUILDER,
        "arguments.one_sentence_per_example, arguments.seed)",
        "arguments.one_sentence_per_example, 0)",
        (OF_DATASET + "test_notebook_function",),
    ),
    Mutant(BUILDER, "generator.shuffle(names)", "pass", (OF_DATASET + "test_examples_packed_the_obvious_way",)),
    Mutant(DATASET, "seed=seed,", "seed=0,", (OF_DATASET + "test_notebook_function",)),
    Mutant(
        DATASET,
        "blanks_separate_docs=blanks_separate_docs,",
        "blanks_separate_docs=one_sentence_per_example,",
        (OF_DATASET + "test_notebook_function",),
    ),
    Mutant(DATASET, "max_seq_length=max_seq_length,", "max_seq_length=128,", (OF_DATASET + "test_notebook_function",)),
    Mutant(
        DATASET, 'num_out_files if part == "train" else None', "num_out_files", (OF_DATASET + "test_notebook_function",)
    ),
    Mutant(
        DATASET,
        '("valid", "valid.txt", "valid_tfrecords")',
        '("valid", "train.txt", "valid_tfrecords")',
        (OF_DATASET + "test_notebook_function",),
    ),
    Mutant(
        "helpers/data/dataset/manifest.py",
        'elif do_lower_case != config.get("do_lower_case"):',
        "elif False:",
        (OF_DATASET + "test_tokenizer_settings",),
    ),
    Mutant(
        "helpers/data/dataset/manifest.py",
        "bool(do_lower_case if strip_accents is None else strip_accents)",
        "bool(do_lower_case)",
        (OF_DATASET + "test_tokenizer_settings",),
    ),
    Mutant(
        PACKING,
        "mask & (place >= (a + 2)[:, None])",
        "mask & (place >= (a + 1)[:, None])",
        (OF_DATASET + "test_examples_packed_the_obvious_way",),
    ),
    Mutant(
        PACKING,
        "np.minimum(plan.b, np.maximum(max_seq_length - 3 - a, 0))",
        "np.minimum(plan.b, np.maximum(max_seq_length - 4 - a, 0))",
        (OF_DATASET + "test_examples_packed_the_obvious_way",),
    ),
    Mutant(
        "helpers/data/dataset/account.py",
        "unknown_share=round(self.unknown / tokens, 6)",
        "unknown_share=round(self.unknown / max(1, self.sentences), 6)",
        (OF_DATASET + "test_the_account_is_what_counting_by_hand_gives",),
    ),
    Mutant(
        "helpers/data/records/__init__.py",
        "sorted(names, key=_natural)",
        "sorted(names)",
        ("tests/data/test_records.py::test_file_numbers_count_as_numbers",),
    ),
    Mutant(
        "helpers/data/records/__init__.py",
        "epoch, skip = epoch + 1, 0",
        "skip = 0",
        ("tests/data/test_records.py::test_every_epoch_has_each_example_once_and_batches_run_on",),
    ),
    Mutant(
        "helpers/data/dataset/account.py",
        "LOST_SHARE = 0.05",
        "LOST_SHARE = 0.5",
        (OF_DATASET + "test_the_account_is_what_counting_by_hand_gives",),
    ),
    # Base and environment.
    Mutant(
        MANIFEST,
        'found.get("parameters") != json.loads(json.dumps(parameters))',
        "False",
        (OF_CORPUS + "test_up_to_date_and_what_is_redone",),
    ),
    Mutant(
        MANIFEST,
        "all(unchanged(paths[name], known) for name, known in recorded.items())",
        "True",
        (OF_DATASET + "test_up_to_date_until_something_changes",),
    ),
    Mutant(
        MANIFEST,
        "if set(recorded) != set(paths):",
        "if set(recorded) > set(paths):",
        (OF_DATASET + "test_up_to_date_until_something_changes",),
    ),
    Mutant(
        "helpers/base/history.py",
        "gained, spent = done - self._first[0], seconds - self._first[1]",
        "gained, spent = done, seconds",
        ("tests/base/test_progress.py::test_time_left_follows_the_pace_after_the_first_event",),
    ),
    Mutant(
        "helpers/base/events.py",
        "seconds=seconds, eta=eta, values=values",
        "seconds=seconds, eta=seconds, values=values",
        ("tests/base/test_events.py::test_events_tell_how_far_it_is_and_how_long_it_will_take",),
    ),
    Mutant("helpers/base/values.py", '"no": False', '"no": True', ("tests/base/test_values.py",)),
    Mutant(GPU, "capability > highest", "capability >= highest", (OF_GPU + "test_t4_with_cuda_10",)),
    Mutant(
        GPU,
        "min(capabilities) >= capability",
        "max(capabilities) >= capability",
        (OF_GPU + "test_cards_that_are_fast_in_16_bits",),
    ),
    Mutant(
        GPU,
        'return [], f"{HIDDEN} {describe(gpus)}: training runs on the CPU"',
        "pass",
        (OF_GPU + "test_a_hidden_gpu_is_no_warning",),
    ),
    Mutant(
        "helpers/environment/__init__.py",
        'if tensorflow == "auto" and own and notebook:',
        'if tensorflow == "auto" and own:',
        (OF_ENVIRONMENT + "test_from_a_shell_the_running_python_gives_way_to_the_projects_environment",),
    ),
    Mutant(
        "helpers/environment/child.py",
        "return _outcome(module, child, stopped)",
        "return _outcome(module, child, False)",
        (OF_CHILD + "test_an_interrupt_lets_it_save",),
    ),
    Mutant(
        "helpers/base/history.py",
        'if result.get("stopped"):',
        'if result.get("up_to_date"):',
        ("tests/base/test_progress.py::test_last_line_says_how_it_ended",),
    ),
    Mutant(
        "helpers/base/lock.py",
        '_refuse_if_held(os.path.join(data_dir, ".lock"), data_dir, say)',
        "pass",
        ("tests/base/test_lock.py::test_a_second_run_is_refused_with_the_firsts_pid_until_it_is_gone",),
    ),
    Mutant(
        "helpers/environment/child.py",
        "settings.update(extra or {})",
        "pass",
        (OF_CHILD + "test_where_and_how_it_runs",),
    ),
    Mutant(
        "helpers/environment/interpreters.py",
        "sorted(found, key=_patch, reverse=True)",
        "sorted(found, key=_patch)",
        (
            OF_ENVIRONMENT + "test_a_shim_that_does_not_run_is_passed_over",
            OF_ENVIRONMENT + "test_it_is_made_once",
        ),
    ),
    Mutant(
        "helpers/environment/__init__.py",
        'if tensorflow != "auto" and not version.startswith(f"{tensorflow}."):',
        "if False:",
        (OF_ENVIRONMENT + "test_a_named_interpreter_comes_first",),
    ),
    Mutant(
        "helpers/environment/__init__.py",
        "sentence.startswith(gpu.BROKEN)",
        "False",
        (OF_GPU + "test_a_broken_driver_is_said",),
    ),
]
