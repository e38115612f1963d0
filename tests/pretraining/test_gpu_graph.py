"""The training step as a GPU would run it, read from the graph: no GPU is needed to see which kernels exist.

TensorFlow's packages for Linux know their GPU kernels on machines without one.  An operation that has none,
or whose kernel wants an input in the host's memory, would have that tensor copied over and back in every step.
"""

import pytest

pytest.importorskip("tensorflow")

from tensorflow.python.framework import kernels

from helpers.pretraining import hyperparameters
from helpers.pretraining.network import (
    electra,
    masking,
)
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import HOST, tf
from helpers.pretraining.training import optimization

VOCAB_SIZE, BATCH, LENGTH = 30000, 4, 16
WITHOUT_VALUES = ("NoOp", "Placeholder", "Const", "VariableV2", "VarHandleOp")


@pytest.fixture(scope="module", params=[None, tf.bfloat16] if tf.__version__ > "2" else [None])
def operations(request):
    """What a training step runs on a GPU, dropout on."""
    hparams = hyperparameters.resolve(
        dict(model_size="tiny", vocab_size=VOCAB_SIZE, train_batch_size=BATCH, max_seq_length=LENGTH)
    )
    with tf.Graph().as_default() as graph:
        with tf.device(HOST):
            step = tf.train.get_or_create_global_step()
        features = masking.Features(*(tf.placeholder(tf.int32, [BATCH, LENGTH]) for _ in masking.Features._fields))
        streams = RandomStreams(1, step, BATCH)
        special_tokens = masking.SpecialTokens(2, 3, 4)
        with tf.variable_scope(tf.get_variable_scope(), use_resource=True):
            model = electra.pretraining_model(
                features, hparams, special_tokens, streams, training=True, static_shapes=True, kind=request.param
            )
        update = optimization.training_step(model.loss, hparams, step)[0]
        names = tf.graph_util.extract_sub_graph(graph.as_graph_def(), [update.name, model.loss.op.name]).node
        return [graph.get_operation_by_name(node.name) for node in names]


def gpu_kernel(operation):
    """The kernel that a GPU would run the operation with, None where there is none."""

    def fits(kernel):
        for constraint in kernel.constraint:
            given = operation.node_def.attr[constraint.name]
            types = [given.type] if given.type else given.list.type
            if any(kind not in constraint.allowed_values.list.type for kind in types):
                return False
        return True

    listed = kernels.get_registered_kernels_for_op(operation.type).kernel
    return next((one for one in listed if one.device_type in ("GPU", "DEFAULT") and fits(one)), None)


def moves_values(tensor):
    """Whether the tensor is of the activations' size: numbers, or dropout's masks; not a flag for each token id."""
    if tensor.shape.ndims == 0:
        return False
    if tensor.dtype.base_dtype == tf.bool:
        return tensor.shape.ndims > 2 or tensor.shape.ndims == 2 and (tensor.shape.as_list()[-1] or 0) > LENGTH
    return tensor.dtype.base_dtype == tf.float32


def tensors_on_host(operation, kernel):
    """The tensors of an operation that its GPU kernel takes or leaves in the host's memory."""
    found, host = [], set(kernel.host_memory_arg)
    for arguments, tensors in (
        (operation.op_def.input_arg, list(operation.inputs)),
        (operation.op_def.output_arg, operation.outputs),
    ):
        for argument in arguments:
            count = operation.node_def.attr[argument.number_attr].i if argument.number_attr else 1
            taken, tensors = tensors[:count], tensors[count:]
            found += taken if argument.name in host else []
    return found


def on_host(operation):
    """Whether an operation runs on the host where there is a GPU: put there, or for want of a kernel."""
    return "CPU" in operation.device or gpu_kernel(operation) is None


def taken_by_host(operation):
    """The inputs of an operation that have to be in the host's memory."""
    if operation.type in ("Const", "NoOp", "Placeholder"):
        return []
    if on_host(operation):
        return list(operation.inputs)
    return [tensor for tensor in tensors_on_host(operation, gpu_kernel(operation)) if tensor in list(operation.inputs)]


def is_constant(tensor):
    """Whether TensorFlow knows a tensor before the first step, such as a shape, and computes it once."""
    operation = tensor.op
    if operation.type in ("Shape", "ShapeN", "Size", "Rank"):
        return all(each.shape.is_fully_defined() for each in operation.inputs)
    if operation.type in ("VariableV2", "VarHandleOp", "Placeholder", "PlaceholderWithDefault"):
        return False
    return operation.type == "Const" or bool(operation.inputs) and all(map(is_constant, operation.inputs))


def on_card(tensor):
    """Whether a tensor is computed, and left, in the card's memory."""
    operation = tensor.op
    if operation.type in ("Placeholder", "PlaceholderWithDefault") or on_host(operation) or is_constant(tensor):
        return False
    return tensor not in tensors_on_host(operation, gpu_kernel(operation))


@pytest.fixture(autouse=True)
def with_gpu_kernels():
    if not any(one.device_type == "GPU" for one in kernels.get_registered_kernels_for_op("MatMul").kernel):
        pytest.skip("this TensorFlow was built without GPU kernels")


def test_every_computation_has_a_gpu_kernel(operations):
    without = [
        "%s (%s)" % (operation.name, operation.type)
        for operation in operations
        if operation.type not in WITHOUT_VALUES
        and any(map(moves_values, list(operation.inputs) + operation.outputs))
        and gpu_kernel(operation) is None
    ]
    assert not without


def test_no_activation_passes_through_the_hosts_memory(operations):
    on_host = [
        "%s of %s (%s)" % (tensor.name, operation.name, operation.type)
        for operation in operations
        for kernel in [gpu_kernel(operation)]
        if kernel and operation.type != "Const"
        for tensor in tensors_on_host(operation, kernel)
        if moves_values(tensor)
    ]
    assert not on_host


def test_nothing_goes_back_to_the_host(operations):
    """What is computed on the card stays there: the host would wait for it, and the card for the host."""
    back = [
        "%s of %s, by %s (%s)" % (tensor.name, tensor.op.type, operation.name, operation.type)
        for operation in operations
        for tensor in taken_by_host(operation)
        if on_card(tensor)
    ]
    assert not back


def test_shapes_are_known_beforehand(operations):
    unknown = [
        "%s (%s)" % (tensor.name, operation.type)
        for operation in operations
        for tensor in operation.outputs
        if tensor.dtype.is_floating and not tensor.shape.is_fully_defined()
    ]
    assert not unknown
    assert not {operation.type for operation in operations} & {"Where", "Enter", "NextIteration", "TensorArrayV3"}


def test_nothing_is_one_hot_over_the_vocabulary(operations):
    widest = [operation.outputs[0].shape.as_list()[-1] for operation in operations if operation.type == "OneHot"]
    assert all(width < VOCAB_SIZE for width in widest)


def test_the_lists_of_kernels_tell_such_operations():
    with tf.Graph().as_default():
        values, shape = tf.ones([8, 8]), tf.constant([64])
        assert gpu_kernel(tf.as_string(values).op) is None
        reshaped = tf.reshape(values, shape).op
        assert tensors_on_host(reshaped, gpu_kernel(reshaped)) == [shape]
        summed = tf.reduce_sum(tf.cast(tf.placeholder(tf.float32, [8]), tf.int32))
        assert on_card(summed.op.inputs[0]) and summed.op.inputs[0] in taken_by_host(summed.op)
