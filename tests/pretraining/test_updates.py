"""Updates from parts of a batch and with a scaled loss: they equal the plain update of the whole batch."""

import functools

import numpy as np
import pytest

from helpers.base.errors import TutorialError
from helpers.environment import gpu
from helpers.pretraining import hyperparameters
from helpers.pretraining.network import masking, randomness
from helpers.pretraining.network.runtime import session, tf
from helpers.pretraining.training import optimization, trainer, workers
from helpers.pretraining.training.batch_parts import BatchPart
from helpers.pretraining.training.updates import Update

LENGTH, WORDS, BATCH = 16, 60, 8
SPECIAL = masking.SpecialTokens(2, 3, 4)


def settings(**changes):
    base = dict(
        model_size="tiny", vocab_size=WORDS, embedding_size=16, max_seq_length=LENGTH, train_batch_size=BATCH,
        num_train_steps=20, num_warmup_steps=2, learning_rate=0.01,
        model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48),
    )  # fmt: skip
    return hyperparameters.resolve(dict(base, **changes))


def batch(number):
    """Examples of very different lengths, so that a mean of means would not be the mean."""
    random = np.random.RandomState(number)
    mask = (np.arange(LENGTH) < random.randint(4, LENGTH + 1, [BATCH, 1])).astype(np.int32)
    return random.randint(5, WORDS, [BATCH, LENGTH]) * mask, mask, np.zeros_like(mask)


@functools.lru_cache(maxsize=None)
def trained(mixed_precision=False, batches=batch, static_shapes=False, **changes):
    """Losses of each of three steps, and all variables after the last."""
    hparams, steps = settings(**changes), 3
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        features = masking.Features(*(tf.placeholder(tf.int32, [BATCH, LENGTH]) for _ in range(3)))
        step = tf.train.get_or_create_global_step()
        worker = workers.Alone()
        with randomness.initial_values():
            part = BatchPart(features, hparams, SPECIAL, step, worker, static_shapes)
        update = Update(part, hparams, step, worker, mixed_precision)
        variables = {each.op.name: each for each in tf.global_variables()}
        with session() as running:
            running.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
            rows = []
            for number in range(steps):
                row, stopping = update.run(running, dict(zip(features, batches(number))))
                rows.append(row)
                assert not stopping
            return rows, running.run(variables)


def assert_same(run, other, tolerance):
    for row, expected in zip(run[0], other[0]):
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=tolerance), name
    for name, value in other[1].items():
        if not name.endswith("key/bias"):  # its gradient is nothing but rounding, which Adam blows up
            # The root of the mean square: Adam divides small gradients by small numbers, so that a single element may
            # show its rounding.
            apart = np.sqrt(np.mean(np.square(run[1][name] - value)))
            assert apart <= tolerance * max(1e-3, np.abs(value).max()), name


@pytest.mark.parametrize(
    "changes",
    [
        {},
        dict(loss_on_all_tokens=False, random_replacements=0.5),
        dict(electra_objective=False),
        dict(uniform_generator=True),
        dict(untied_generator_embeddings=True, disallow_correct=True),
    ],
)
def test_the_update_of_four_parts_is_that_of_the_batch(changes):
    whole = trained(**changes)
    parts = trained(gradient_accumulation_steps=4, **changes)
    assert_same(parts, whole, 1e-5)
    assert set(parts[1]) == set(whole[1])  # the sums of gradients are not saved


@pytest.mark.parametrize(
    "changes",
    [
        {},
        dict(loss_on_all_tokens=False, random_replacements=0.5),
        dict(electra_objective=False),
        dict(uniform_generator=True),
        dict(untied_generator=False, gradient_accumulation_steps=2),
    ],
)
def test_the_update_of_two_halves_side_by_side_is_that_of_the_batch(changes):
    halves = trained(parallel_parts=2, **changes)
    assert_same(halves, trained(**dict(changes, gradient_accumulation_steps=1)), 1e-5)


class TwoWorkers(workers.Alone):
    size = 2


@pytest.mark.parametrize(
    "changes, worker, on_card, cores, expected",
    [
        ({}, workers.Alone, False, 2, 2),
        ({}, workers.Alone, False, 1, 1),
        ({}, workers.Alone, True, 2, 1),
        ({}, TwoWorkers, False, 2, 1),
        (dict(train_batch_size=7), workers.Alone, False, 2, 1),
        (dict(gradient_accumulation_steps=8), workers.Alone, False, 2, 1),
        (dict(num_train_steps=999), workers.Alone, False, 2, 1),
        (dict(parallel_parts=4), workers.Alone, False, 1, 4),
        (dict(parallel_parts=1), workers.Alone, False, 2, 1),
    ],
)
def test_halves_side_by_side_are_the_default_of_a_long_run_on_two_cores(
    monkeypatch, changes, worker, on_card, cores, expected
):
    monkeypatch.setattr(gpu, "cores", lambda: cores)
    hparams = settings(**dict(dict(num_train_steps=1000), **changes))
    assert trainer.settle_parallel_parts(hparams, worker(), on_card) == hparams.parallel_parts == expected


def test_a_batch_that_cannot_be_halved_is_refused():
    with pytest.raises(TutorialError, match="train_batch_size must be a multiple of 16 parts"):
        settings(parallel_parts=2, gradient_accumulation_steps=8)


def test_halves_side_by_side_where_one_is_padding():
    def padded(number):
        return [part * (np.arange(BATCH) < BATCH // 2)[:, None].astype(np.int32) for part in batch(number)]

    assert_same(trained(parallel_parts=2, batches=padded), trained(batches=padded), 1e-5)


def test_parts_of_single_examples():
    assert_same(trained(gradient_accumulation_steps=BATCH), trained(), 1e-5)


@pytest.mark.parametrize("parts", [1, 4])
def test_a_part_or_a_batch_of_padding_alone_trains_nothing_and_breaks_nothing(parts):
    def padded(number):
        empty = np.zeros([BATCH, 1], np.int32)
        empty[: 0 if number == 1 else BATCH // 2] = 1  # the second batch has no token at all
        return [part * empty for part in batch(number)]

    rows, values = trained(gradient_accumulation_steps=parts, batches=padded)
    assert all(np.isfinite(value).all() for value in values.values())
    assert rows[1]["loss"] == 0 and rows[1]["grad_norm"] == 0 and rows[0]["loss"] > 0
    assert_same((rows, values), trained(batches=padded), 1e-5)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_scaled_loss_gives_the_same_update(parts):
    scaled = trained(gradient_accumulation_steps=parts, mixed_precision=True)
    assert_same(scaled, trained(), 1e-5)
    assert [row["loss_scale"] for row in scaled[0]] == [2.0**15] * 3
    assert scaled[1]["mixed_precision/good_steps"] == 3


def test_an_overflow_changes_nothing_but_the_scale(graph):
    hparams = settings()
    variable = tf.get_variable("dense/kernel", initializer=[1.0, 2.0])
    step, scale = tf.train.get_or_create_global_step(), optimization.LossScale()
    gradient = tf.placeholder(tf.float32, [2])
    update, _, norm = optimization.apply_gradients([gradient], hparams, step, scale)
    state = dict(
        value=variable, step=step, scale=scale.value, good=scale.good_steps,
        slots=[each for each in tf.global_variables() if "adam" in each.op.name],
    )  # fmt: skip
    before = graph(state)
    for bad in (float("inf"), float("nan")):
        assert not np.isfinite(graph((update, norm), {gradient: [bad, 1.0]})[1])
    after = graph(state)
    assert after["step"] == 0 and after["scale"] == 2.0**13 and after["good"] == 0 and len(after["slots"]) == 2
    np.testing.assert_equal((after["value"], after["slots"]), (before["value"], before["slots"]))

    _, seen = graph((update, norm), {gradient: [3.0 * 2.0**13, 4.0 * 2.0**13]})
    assert seen == 5.0 and graph(state)["good"] == 1 and graph(state)["step"] == 1
    graph(tf.assign(scale.good_steps, optimization.STEPS_TO_DOUBLE - 1))
    graph(update, {gradient: [1.0, 1.0]})
    assert graph(state)["scale"] == 2.0**14 and graph(state)["good"] == 0
    graph(tf.assign(scale.value, 1.0))
    graph(update, {gradient: [float("inf"), 1.0]})
    assert graph(state)["scale"] == 1.0


def rewritten(parts):
    """The graph of an update after the mixed precision rewrite, as a machine with a V100 would make it."""
    from tensorflow.core.protobuf import config_pb2, device_properties_pb2, rewriter_config_pb2
    from tensorflow.python.grappler import cluster, tf_optimizer

    devices = []
    for kind, cores in ("CPU", 2), ("GPU", 80):
        device = device_properties_pb2.NamedDevice(name="/device:%s:0" % kind)
        device.properties.type, device.properties.num_cores, device.properties.frequency = kind, cores, 1000
        devices.append(device)
    device.properties.environment.update(architecture="7.0", cuda="10000", cudnn="7600")
    hparams, worker = settings(gradient_accumulation_steps=parts), workers.Alone()
    with tf.Graph().as_default() as graph:
        with tf.device("/device:GPU:0"):
            features = masking.Features(*(tf.placeholder(tf.int32, [BATCH, LENGTH]) for _ in range(3)))
            step = tf.train.get_or_create_global_step()
            part = BatchPart(features, hparams, SPECIAL, step, worker, static_shapes=True)
            update = Update(part, hparams, step, worker, True)
        for fetch in [update._last[0], *update._last[1].values()]:
            graph.add_to_collection(tf.GraphKeys.TRAIN_OP, fetch)
        described = tf.train.export_meta_graph()
    config = config_pb2.ConfigProto()
    options = config.graph_options.rewrite_options
    options.min_graph_nodes, options.meta_optimizer_iterations = -1, 1
    options.optimizers.append("auto_mixed_precision")
    options.auto_mixed_precision = rewriter_config_pb2.RewriterConfig.ON
    return tf_optimizer.OptimizeGraph(config, described, cluster=cluster.Cluster(devices=devices))


@pytest.mark.parametrize("parts", [1, 2])
def test_the_rewrite_takes_the_products_and_leaves_the_update_in_32_bits(parts):
    nodes = {node.name: node for node in rewritten(parts).node}
    of_kind = {}
    for node in nodes.values():
        of_kind.setdefault(node.op, []).append(node)

    def types(*kinds):
        return {node.attr["T"].type for kind in kinds for node in of_kind.get(kind, [])}

    assert types("MatMul") == {tf.float16.as_datatype_enum}
    assert types("BatchMatMulV2", "BatchMatMul") == {tf.float16.as_datatype_enum}
    assert types("ResourceApplyAdam", "L2Loss") == {tf.float32.as_datatype_enum}
    # Token ids that are counted in floats would lose digits.
    to_numbers = [node for node in of_kind["Cast"] if tf.as_dtype(node.attr["DstT"].type).is_integer]
    assert to_numbers and tf.float16.as_datatype_enum not in {node.attr["SrcT"].type for node in to_numbers}
    for node in of_kind["ResourceApplyAdam"]:
        clipped = nodes[node.input[9].split(":")[0]]
        # Division by the loss scale and clipping in one: in 16 bits it would lose what the scale has saved.
        assert clipped.op == "Mul" and clipped.attr["T"].type == tf.float32.as_datatype_enum


def test_what_goes_on_on_another_machine_is_the_same_run():
    changes = {"mixed_precision", "gradient_accumulation_steps", "parallel_parts"}
    assert changes <= hyperparameters.MAY_CHANGE
