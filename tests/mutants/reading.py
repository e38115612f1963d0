"""Faults in how packed, marked-up and labelled files are read, and in what fine-tuning makes of them."""

from tests.mutants.table import Mutant

FORMATS = "helpers/data/corpus/formats/"
TUNING = "helpers/finetuning/"
OF_PACKED = "tests/data/test_packed.py::"
OF_MARKUP = "tests/data/test_markup.py::"
OF_CONTENT = "tests/data/test_content.py::"
OF_ENCODINGS = "tests/data/test_encodings.py::"
OF_LEARNED = "tests/finetuning/test_what_is_learned_from.py::"

ROWS = [
    # Packed files.
    Mutant(
        FORMATS + "packing.py",
        "if member.isfile() and choose",
        "if choose",
        (OF_PACKED + "test_folders_and_links_of_a_tar_archive_are_no_files",),
    ),
    Mutant(
        FORMATS + "packing.py",
        "for name in choose(sorted(members)):",
        "for name in choose(list(members)):",
        (OF_PACKED + "test_members_of_a_zip_archive_come_in_the_order_of_their_names",),
    ),
    Mutant(
        FORMATS + "packing.py",
        "if members[name].flag_bits & 1:",
        "if False:",
        (OF_PACKED + "test_a_zip_archive_with_a_password_is_refused_with_a_remedy",),
    ),
    Mutant(
        FORMATS + "packing.py",
        '.lstrip(b"\\0")  # padding',
        "  # padding",
        (OF_PACKED + "test_zeros_between_and_behind_members_of_a_gzip_file_are_padding",),
    ),
    Mutant(
        FORMATS + "content.py",
        "            kept = []\n",
        "            kept = [line]\n",
        (OF_PACKED + "test_lines_pass_once_and_in_order_however_many_there_are",),
    ),
    # Subtitles, tables, text within marks.
    Mutant(
        FORMATS + "subtitles.py",
        "elif cue and not numbered and not webvtt:",
        "elif cue and not webvtt:",
        (OF_CONTENT + "test_a_damaged_line_of_times_is_no_text",),
    ),
    Mutant(
        FORMATS + "subtitles.py",
        '.replace("\\\\N", " ")',
        "",
        (OF_CONTENT + "test_line_breaks_within_a_cue_are_blanks",),
    ),
    Mutant(
        FORMATS + "tables/csv_rows.py",
        "self._waiting.extendleft(reversed(self.taken[1:]))",
        "self._waiting.extendleft(self.taken[1:])",
        (OF_CONTENT + "test_lines_after_a_quote_that_is_not_closed_keep_their_order",),
    ),
    Mutant(
        FORMATS + "tables/json_rows.py",
        'if listed and buffer[place] == "]":',
        'if buffer[place] == "]":',
        (OF_CONTENT + "test_a_bracket_that_closes_nothing_does_not_end_a_file_of_json",),
    ),
    Mutant(
        FORMATS + "markup.py",
        '            text, words, skip = "", [], 0\n    if text',
        '            text, words = "", []\n    if text',
        (OF_MARKUP + "test_a_word_of_two_hides_no_word_of_the_next_sentence",),
    ),
    Mutant(
        FORMATS + "markup.py",
        '_key(language).startswith(f"{wanted}-")',
        "_key(language).startswith(wanted)",
        (OF_MARKUP + "test_a_language_whose_name_begins_alike_is_another_one",),
    ),
    Mutant(
        FORMATS + "markup.py",
        '"bpt", "ept", "it", "ph", "ut", "sub"):\n            self._hidden += 1',
        '"bpt", "ept", "it", "ut", "sub"):\n            self._hidden += 1',
        (OF_MARKUP + "test_inline_codes_are_left_out",),
    ),
    Mutant(
        FORMATS + "markup.py",
        "if title is not None and html.unescape(stripped) == title:",
        "if title is not None:",
        (OF_MARKUP + "test_of_a_wiki_page_only_its_title_is_left_out",),
    ),
    Mutant(
        FORMATS + "markup.py",
        'elif tag in ("doc", "document") and self.sentences:',
        "elif False:",
        (OF_MARKUP + "test_each_doc_of_an_opus_file_is_a_document",),
    ),
    Mutant(
        FORMATS + "tables/json_rows.py",
        "            if listed:\n                raise",
        "            if False:\n                raise",
        (OF_CONTENT + "test_a_list_of_json_that_is_cut_between_two_objects_is_cut_short",),
    ),
    Mutant(
        FORMATS + "tables/__init__.py",
        'key=lambda key: key.count(".")',
        'key=lambda key: -key.count(".")',
        (OF_CONTENT + "test_of_two_columns_of_one_name_the_outer_one_is_text",),
    ),
    # Encodings.
    Mutant(
        FORMATS + "encodings/__init__.py",
        '    (codecs.BOM_UTF32_LE, "utf-32-le"),\n',
        "",
        (OF_ENCODINGS + "test_emoji_in_wide_encodings",),
    ),
    Mutant(
        FORMATS + "encodings/__init__.py",
        "(len(pending) >= SNIFF_BYTES or (block is None and pending))",
        "pending",
        (OF_ENCODINGS + "test_the_judgment_does_not_depend_on_how_the_bytes_come",),
    ),
    Mutant(
        FORMATS + "encodings/__init__.py",
        "    yield _as_either(last, encoding)\n",
        "",
        (OF_ENCODINGS + "test_the_last_line_of_a_file_in_two_encodings_needs_no_end",),
    ),
    Mutant(
        FORMATS + "encodings/__init__.py",
        'text = decoder.decode(b"", True)',
        'text = ""',
        (OF_ENCODINGS + "test_a_character_that_is_cut_off_at_the_end_is_counted",),
    ),
    Mutant(
        FORMATS + "encodings/__init__.py",
        "        tally.add_bad(name, count)\n",
        "        pass\n",
        (OF_ENCODINGS + "test_a_character_that_is_cut_off_at_the_end_is_counted",),
    ),
    # What fine-tuning learns from.
    Mutant(
        TUNING + "batches.py",
        "[: self.max_length - 2] or [self._unknown]",
        "or [self._unknown]",
        (OF_LEARNED + "test_a_word_of_more_pieces_than_are_read_at_once_is_cut",),
    ),
    Mutant(
        TUNING + "batches.py",
        "self.truncated += sum(map(len, texts)) > room",
        "self.truncated += sum(map(len, texts)) >= room",
        (OF_LEARNED + "test_a_text_that_just_fits_is_not_cut",),
    ),
    Mutant(
        TUNING + "batches.py",
        "min(max_length, encoder.max_length)",
        "max_length",
        (OF_LEARNED + "test_no_more_is_read_at_once_than_the_model_has_positions_for",),
    ),
    Mutant(
        TUNING + "batches.py",
        "self.unit = statistics.pstdev(values) or 1.0",
        "self.unit = 1.0",
        (OF_LEARNED + "test_scores_are_learned_as_distances_from_their_mean",),
    ),
    Mutant(
        TUNING + "networks.py",
        "last.bias.mul_(unit).add_(centre)",
        "last.bias.add_(centre)",
        (OF_LEARNED + "test_a_network_that_learned_distances_gives_the_scores",),
    ),
    Mutant(
        TUNING + "networks.py",
        "torch.nn.functional.gelu(hidden)",
        "torch.nn.functional.relu(hidden)",
        (OF_LEARNED + "test_what_stands_on_cls_is_dense_gelu_dense",),
    ),
    Mutant(
        TUNING + "networks.py",
        "self.dense(self.dropout(hidden[:, 0]))",
        "self.dense(self.dropout(hidden[:, -1]))",
        (OF_LEARNED + "test_what_stands_on_cls_is_dense_gelu_dense",),
    ),
    Mutant(
        TUNING + "networks.py",
        "        torch.nn.init.normal_(layer.weight, std=config.initializer_range)\n",
        "",
        (OF_LEARNED + "test_a_new_head_begins_as_the_models_own_layers_did",),
    ),
    Mutant(
        TUNING + "networks.py",
        "token_type_ids=token_type_ids)[0]\n            return self.classifier(hidden)",
        ")[0]\n            return self.classifier(hidden)",
        (OF_LEARNED + "test_what_stands_on_cls_is_dense_gelu_dense",),
    ),
    Mutant(
        TUNING + "networks.py",
        "        config.pop(name, None)\n",
        "        pass\n",
        (OF_LEARNED + "test_a_saved_folder_has_the_tokenizer_and_no_threshold_of_the_discriminator",),
    ),
    Mutant(
        TUNING + "networks.py",
        '"special_tokens_map.json", "tokenizer.json")',
        '"special_tokens_map.json")',
        (OF_LEARNED + "test_a_saved_folder_has_the_tokenizer_and_no_threshold_of_the_discriminator",),
    ),
    Mutant(
        TUNING + "training.py",
        'f"round:{settings.seed}:{number}"',
        'f"round:{settings.seed}"',
        (OF_LEARNED + "test_each_round_has_an_order_of_its_own",),
    ),
    Mutant(
        TUNING + "metrics.py",
        "macro_f1=sum(row[3] for row in rows) / len(rows)",
        "macro_f1=sum(row[3] * row[4] for row in rows) / len(flat_true)",
        (OF_LEARNED + "test_each_label_has_the_same_weight_in_the_mean_f1",),
    ),
    Mutant(
        TUNING + "metrics.py",
        "average=None, zero_division=0)",
        "average=None, zero_division=1)",
        (OF_LEARNED + "test_each_label_has_the_same_weight_in_the_mean_f1",),
    ),
]
