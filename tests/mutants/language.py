"""Faults in minimal pairs, formats of files, what fine-tuning holds out and compares, and beside them."""

from tests.mutants.table import Mutant

PAIRS = "helpers/discriminator/pairs/"
CONTENT = "helpers/data/corpus/formats/content.py"
PRESETS = "helpers/tutorial/presets/__init__.py"
TUNING = "helpers/finetuning/"
OF_TUNING = "tests/finetuning/test_same_or_another.py::"
OF_START = "tests/conversion/test_hub_start.py::"
OF_CHOICE = "tests/discriminator/test_pairs_choice.py::"
OF_RULES = "tests/discriminator/test_pairs.py::"
OF_CONTENT = "tests/data/test_content.py::"
OF_FORMATS = "tests/data/test_formats.py::"
OF_PRESETS = "tests/tutorial/test_presets.py::"


def chosen(old, new, test):
    """A fault in which sentences and words are taken."""
    return Mutant(PAIRS + "__init__.py", old, new, (OF_CHOICE + test,))


def said(old, new, test):
    """A fault in what the command says and writes."""
    return Mutant(PAIRS + "__main__.py", old, new, (OF_CHOICE + test,))


LENGTHS = "test_sentences_of_three_to_twenty_words_are_taken"
ALONE = "test_what_could_be_either_is_left_alone"
WORST = "test_of_several_words_the_one_that_looks_worst_counts_and_punctuation_does_not"
COUNT_AND_SEED = "test_the_command_takes_count_and_seed"
MEASURED = "test_each_model_is_measured_by_itself"

ROWS = [
    # Minimal pairs: the choice.
    chosen("len(sentence) <= LONGEST]", "len(sentence) < LONGEST]", LENGTHS),
    chosen("if SHORTEST <= len", "if SHORTEST < len", LENGTHS),
    chosen(
        "for line in draw.sample(lines, len(lines))]",
        "for line in lines]",
        "test_the_whole_text_gives_pairs_and_the_seed_decides_which",
    ),
    chosen(
        "lines = list(dict.fromkeys(filter(", "lines = list(iter(filter(", "test_a_line_that_is_there_twice_counts_once"
    ),
    chosen(
        "change = draw.choice(changes)",
        "change = changes[0]",
        "test_of_several_words_of_a_sentence_each_may_be_made_wrong",
    ),
    chosen("if counted[phenomenon] < ENOUGH", "if counted[phenomenon] <= ENOUGH", "test_a_hundred_pairs_are_enough"),
    chosen("max(map(score.of, words))", "min(map(score.of, words))", WORST),
    chosen("if word.lexical and word.place in places]", "if word.place in places]", WORST),
    Mutant(
        PAIRS + "__init__.py",
        "random.Random(seed)",
        "random.Random(0)",
        (OF_RULES + "test_pairs_are_the_same_each_time_and_no_word_rules_them",),
    ),
    # Minimal pairs: the rules.
    Mutant(
        PAIRS + "agreement.py",
        "    return before or sentence.word(place + 1) not in lexicon.nouns()",
        "    return True",
        (OF_CHOICE + ALONE,),
    ),
    Mutant(PAIRS + "agreement.py", "(noun.gender, noun.number) and", "(noun.gender, count) and", (OF_CHOICE + ALONE,)),
    Mutant(
        PAIRS + "agreement.py",
        "or not sentence.begins(place) or _is_compared(sentence, place):",
        "or not sentence.begins(place):",
        (OF_CHOICE + ALONE,),
    ),
    Mutant(
        PAIRS + "agreement.py",
        "if not form or sentence.word(verb + 1) in lexicon.PRONOUNS:",
        "if not form:",
        (OF_CHOICE + ALONE,),
    ),
    Mutant(
        PAIRS + "agreement.py", "and verb < place + 4", "and verb < place + 2", (OF_RULES + "test_person_of_the_verb",)
    ),
    Mutant(
        PAIRS + "agreement.py",
        "or noun.kind == lexicon.TIME or",
        "or",
        (OF_RULES + "test_number_of_the_verb",),
    ),
    Mutant(
        PAIRS + "words.py",
        'if word != "el" or noun.gender == lexicon.MASCULINE:',
        "if True:",
        (OF_CHOICE + ALONE,),
    ),
    Mutant(
        PAIRS + "words.py",
        'elif word in ("el", "tu", "mi") and noun and noun.number == lexicon.SINGULAR:',
        'elif word in ("el", "tu", "mi") and noun:',
        (OF_CHOICE + ALONE,),
    ),
    Mutant(
        PAIRS + "words.py",
        "own = own and sentence.word(place + 2) not in A_WHILE",
        "pass",
        (OF_RULES + "test_ser_or_estar",),
    ),
    Mutant(
        PAIRS + "lexicon.py",
        'found.setdefault(made["imperativo"], set()).add(1)',
        "pass",
        (OF_RULES + "test_person_of_the_verb",),
    ),
    Mutant(
        PAIRS + "sentence.py",
        "or self.word(place - 1) in BEGIN_CLAUSES",
        "",
        (OF_RULES + "test_number_of_the_verb",),
    ),
    # Words swapped at random.
    Mutant(
        "helpers/discriminator/swaps.py",
        "if new.lower() == old.lower():",
        "if new == old:",
        ("tests/discriminator/test_swaps.py::test_a_word_in_other_letters_is_the_same_word",),
    ),
    Mutant(
        "helpers/discriminator/swaps.py",
        "    if old[0].isupper():\n",
        "    if False:\n",
        ("tests/discriminator/test_swaps.py::test_a_sentence_still_begins_with_a_capital",),
    ),
    # Minimal pairs: the command.
    said("        reporter.message(message)", "        pass", "test_what_is_left_out_of_the_text_is_said"),
    said("options.count, options.seed)", "options.count)", COUNT_AND_SEED),
    said("options.count, options.seed)", "seed=options.seed)", COUNT_AND_SEED),
    said("discriminator.load(folder), made)", "discriminator.load(options.model[0]), made)", MEASURED),
    said("{row['share']:.3f}", "{1 - row['share']:.3f}", MEASURED),
    # Files of text.
    Mutant(CONTENT, 'name.split("?")[0].split("#")[0]', "name", (OF_CONTENT + "test_the_ending_of_a_name",)),
    Mutant(CONTENT, "while self.packed and ending", "while ending", (OF_CONTENT + "test_the_ending_of_a_name",)),
    Mutant(
        CONTENT,
        'if data.endswith(b"\\r"):',
        "if False:",
        (OF_CONTENT + "test_lines_end_as_on_any_machine_wherever_blocks_do",),
    ),
    Mutant(
        "helpers/data/corpus/formats/disguised.py",
        "found >= FEW and (_share",
        "found >= 1 and (_share",
        (OF_CONTENT + "test_a_line_or_two_with_a_backslash_are_not_a_programs_text",),
    ),
    Mutant(
        "helpers/data/corpus/formats/disguised.py",
        '"surrogatepass").decode',
        '"replace").decode',
        (OF_FORMATS + "test_what_is_read",),
    ),
    Mutant(
        "helpers/data/corpus/formats/packing.py",
        "if self._unpacked > BOMB_BYTES and self",
        "if self",
        (OF_CONTENT + "test_what_unpacks_to_little_is_no_bomb_and_what_unpacks_to_much_is",),
    ),
    Mutant(
        "helpers/data/corpus/formats/subtitles.py",
        "html.unescape(_MUSIC",
        "str(_MUSIC",
        (OF_CONTENT + "test_signs_that_a_web_page_writes_in_words_are_signs_in_subtitles",),
    ),
    Mutant(
        "helpers/data/corpus/formats/subtitles.py",
        "cue.pop()  # the next",
        "pass  # the next",
        (OF_CONTENT + "test_cues_may_follow_each_other_without_an_empty_line",),
    ),
    # The Hub.
    Mutant(
        "helpers/conversion/hub/__init__.py",
        "private=private, exist_ok=True",
        "private=True, exist_ok=True",
        ("tests/conversion/test_hub.py::test_a_model_goes_to_the_hub_and_comes_back",),
    ),
    Mutant(
        "helpers/conversion/hub/__init__.py",
        'wanted = dict(start=name, revision=revision or "main")',
        'wanted = dict(start=name, revision="main")',
        (OF_START + "test_both_halves_are_fetched",),
    ),
    Mutant(
        "helpers/conversion/hub/tidy.py",
        "length = min(int(length),",
        "length = max(int(length),",
        (OF_START + "test_a_tokenizer_promises_no_more_tokens_than_there_are_positions",),
    ),
    # Fine-tuning.
    Mutant(
        TUNING + "__init__.py",
        '"vocab.txt", "tokenizer_config.json")',
        '"vocab.txt")',
        (OF_TUNING + "test_each_file_of_a_model_makes_it_another",),
    ),
    Mutant(
        TUNING + "metrics.py",
        "np.abs(true - predicted).mean()",
        "np.abs((true - predicted).mean())",
        (OF_TUNING + "test_errors_to_both_sides_do_not_cancel_out",),
    ),
    Mutant(
        TUNING + "curves.py",
        "{first - second:+.3f}",
        "{second - first:+.3f}",
        (OF_TUNING + "test_the_table_has_mean_range_and_gain",),
    ),
    Mutant(
        TUNING + "curves.py",
        "({min(values):.3f} to {max(values):.3f})",
        "({max(values):.3f} to {min(values):.3f})",
        (OF_TUNING + "test_the_table_has_mean_range_and_gain",),
    ),
    Mutant(
        TUNING + "tasks/splits.py",
        'f"held out:{seed}"',
        '"held out"',
        (OF_TUNING + "test_the_seed_decides_what_is_held_out",),
    ),
    Mutant(
        TUNING + "tasks/splits.py",
        "piles.setdefault(example.inputs, [])",
        "piles.setdefault(id(example), [])",
        (OF_TUNING + "test_the_same_text_is_not_both_learned_and_tested",),
    ),
    Mutant(
        TUNING + "tasks/table.py",
        'marked or encoding or "utf-8"',
        'encoding or marked or "utf-8"',
        (OF_TUNING + "test_a_mark_says_more_than_the_encoding_that_is_named",),
    ),
    # Settings.
    Mutant(
        PRESETS,
        'value == parameters.ALL and name == "TRAIN_SIZE"',
        "value == parameters.ALL",
        (OF_PRESETS + "test_all_lines_are_said_by_a_word",),
    ),
    Mutant(
        PRESETS,
        '            wanted = f"{wanted}:{vocabulary.DEFAULT_SIZE}"',
        "            pass",
        (OF_PRESETS + "test_what_was_made_with_other_settings_is_told_step_by_step",),
    ),
]
