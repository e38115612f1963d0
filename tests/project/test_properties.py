"""What holds for any text, any hyperparameters in range and any stream of events (hypothesis)."""

import functools
import io
import json
import math
import types

import pytest
import test_build_dataset as building
import test_progress
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from helpers.base import history, progress
from helpers.base.errors import TutorialError
from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.vocabulary.characters import category
from helpers.environment import child
from helpers.pretraining import hyperparameters

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LENGTH = 512
# One seed on every machine: a failure found in continuous integration is found again at home.
quiet = functools.partial(settings, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

text_lines = st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60), max_size=20)


def visible(line):
    """What of a line the model is to see: all but white space, control characters and U+FFFD."""
    return "".join(c for c in line if category(c)[0] not in "CZ" and c != "\N{REPLACEMENT CHARACTER}")


def clean_lines(lines):
    try:
        options = formats.Options(split_lines=False)
        read = formats.read(["\n".join(lines).encode("utf-8")], "any.txt", Tally(), options)
        return [line for batch in read for line in batch]
    except TutorialError:  # by chance it begins like a zip archive, a web page, UTF-16
        assume(False)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A new folder with each call."""
    return lambda: tmp_path_factory.mktemp("text")


def examples_of(folder, lines, *flags):
    """Build the examples of the lines with a vocabulary of their letters; each as its tokens without the marks."""
    letters = sorted(set("".join(map(visible, lines))))
    vocabulary = SPECIAL + letters + ["##" + letter for letter in letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "train.txt").write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
    flags = ("--no-lower-case", "--no-strip-accents", "--max-seq-length", LENGTH) + flags
    building.build(folder, str(folder / "vocab.txt"), *flags)
    made = building.examples(folder / "out")
    for ids, mask in zip(made["input_ids"].tolist(), made["input_mask"].tolist()):
        tokens = [vocabulary[index] for index in ids[: sum(mask)]]
        assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]" and not any(ids[sum(mask) :])
        yield "".join(
            token.replace("##", "", 1) if len(token) > 2 else token for token in tokens[1:-1] if token != "[SEP]"
        )


@quiet(max_examples=60)
@given(lines=text_lines)
def test_any_text_comes_back_out_of_its_examples(places, lines):
    lines = clean_lines(lines)
    expected = [visible(line) for line in lines if visible(line)]
    assume(expected)
    assert list(examples_of(places(), lines, "--one-sentence-per-example", "true")) == expected


@quiet(max_examples=40)
@given(lines=text_lines, blanks=st.sampled_from(["true", "false"]), seed=st.integers(0, 2**31))
def test_packed_examples_hold_the_text_in_its_order(places, lines, blanks, seed):
    """Where an example is full its last sentence loses its end; nothing else goes, nothing comes twice."""
    lines = clean_lines(lines)
    text = "".join(map(visible, lines))
    assume(text)
    made = list(examples_of(places(), lines, "--blanks-separate-docs", blanks, "--seed", seed))
    place = 0
    for example in made:
        # What lies between two examples was cut off, and only from one that is full.
        place = text.index(example, place) + len(example)
    if len(text) <= LENGTH - 3:
        assert "".join(made) == text


heads = st.sampled_from([1, 2, 4])


@st.composite
def hyperparameters_in_range(draw):
    """Settings of every kind, of models small enough to be built by the dozen."""
    number = draw(heads)
    width = number * draw(st.integers(1, 12))
    own, objective = draw(st.booleans()), draw(st.booleans())
    return dict(
        electra_objective=objective,
        uniform_generator=objective and draw(st.booleans()),
        untied_generator=own,
        untied_generator_embeddings=own and draw(st.booleans()),
        disallow_correct=draw(st.booleans()),
        loss_on_all_tokens=draw(st.booleans()),
        temperature=draw(st.floats(0.1, 10)),
        mask_prob=draw(st.floats(0.01, 0.99)),
        gen_weight=draw(st.floats(0, 100)),
        disc_weight=draw(st.floats(0, 100)),
        vocab_size=draw(st.integers(20, 200)),
        embedding_size=draw(st.integers(1, 64)),
        max_seq_length=draw(st.integers(5, 40)),
        train_batch_size=draw(st.integers(1, 8)),
        generator_hidden_size=draw(st.sampled_from([1.0, 0.5, "0.25"])),
        generator_layers=draw(st.sampled_from([1, 2, "1.0"])),
        seed=draw(st.integers(0, 2**31 - 1)),
        model_size="tiny",
        model_hparam_overrides=dict(
            hidden_size=4 * width,
            num_attention_heads=number,
            num_hidden_layers=draw(st.integers(1, 2)),
            intermediate_size=draw(st.integers(1, 64)),
            hidden_dropout_prob=draw(st.floats(0, 0.9)),
            hidden_act=draw(st.sampled_from(["gelu", "relu"])),
        ),
    )


@quiet(max_examples=4)
@given(chosen=hyperparameters_in_range())
def test_any_hyperparameters_in_range_make_a_graph_that_trains(chosen):
    """A step is made: its loss and gradients are numbers, and every weight that decays has moved."""
    tf = pytest.importorskip("helpers.pretraining.network.runtime").tf
    from helpers.pretraining.network import electra, masking
    from helpers.pretraining.network.randomness import RandomStreams
    from helpers.pretraining.training import optimization

    hparams = hyperparameters.resolve(dict(json.loads(json.dumps(chosen)), num_warmup_steps=0))
    with tf.Graph().as_default():
        shape = [hparams.train_batch_size, hparams.max_seq_length]
        ids = tf.fill(shape, 7)
        features = masking.Features(ids, tf.ones_like(ids), tf.zeros_like(ids))
        step = tf.train.get_or_create_global_step()
        streams = RandomStreams(hparams.seed, step, hparams.train_batch_size)
        model = electra.pretraining_model(features, hparams, masking.SpecialTokens(2, 3, 4), streams, training=True)
        assert model.loss.shape.as_list() == [] and (model.rtd is not None) == hparams.electra_objective
        update, _, norm = optimization.training_step(model.loss, hparams, step)
        kernels = [each for each in tf.trainable_variables() if each.op.name.endswith("/kernel")]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            before = session.run(kernels)
            loss, norm, _ = session.run((model.loss, norm, update))
            after = session.run(kernels)
    assert math.isfinite(loss) and math.isfinite(norm)
    assert kernels and all((old != new).any() for old, new in zip(before, after))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
names = "start progress message train eval result error beat".split()
fields = (
    "title total unit done seconds eta values text step disc_loss mlm_loss disc_auc message up_to_date stopped".split()
)
events = st.dictionaries(st.sampled_from(fields), json_values, max_size=8).flatmap(
    lambda event: st.one_of(st.sampled_from(names), json_values).map(lambda name: dict(event, event=name))
)


@pytest.fixture
def notebook(monkeypatch):
    """A notebook's page that takes whatever is shown."""
    ipython = pytest.importorskip("IPython")
    monkeypatch.setattr(ipython, "get_ipython", lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setattr(ipython.display, "display", test_progress.Screen().display)


@quiet(max_examples=100)
@given(stream=st.lists(events | json_values, max_size=12))
def test_any_stream_of_events_leaves_a_view_that_works(notebook, stream):
    for view in (progress.TerminalView(io.StringIO()), progress.NotebookView()):
        display = progress.Display("Pre-training", view)
        for event in stream:
            display.event(event)
        display.close()
        assert display._view is view, "the view was put away"
    told = history.History("Pre-training")
    for event in stream:
        told.update(event)
        assert isinstance(told.now(), str) and isinstance(told.summary(), str)


@quiet(max_examples=200)
@given(line=st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_line_of_a_child_is_an_event_or_it_is_not(line):
    event = child._parse(line)
    assert event is None or isinstance(event["event"], str)


def test_a_line_of_a_child_may_be_nested_without_end():
    assert child._parse(b'{"event":' + b"[" * 100000) is None
