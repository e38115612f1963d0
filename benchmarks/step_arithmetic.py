"""What a training step asks of a GPU, counted on its graph: operations, bytes, kernels.  Nothing is run.

    python -m benchmarks.step_arithmetic --model-size small --batch 128 --vocab-size 119547 --form cpu

Prints a table for docs/performance.md: the products' operations, the bytes that all kernels read and write (each
TensorFlow operation is a kernel that reads its inputs from memory and writes its outputs to it), the number of
kernels, and the time that each alone would take on the cards of CARDS, from their data sheets.

``--form cpu`` is the step as a CPU gets it, ``card`` that for a GPU, ``fused`` the latter as XLA would make it by the
rules of ``benchmarks/fusion.py``, ``fused-bf16`` that with products in bfloat16; both say what the kernels are.
``--steps`` prints the hours of so many steps, an estimate:

    python -m benchmarks.step_arithmetic --model-size base --batch 256 --length 512 --form fused --steps 766000 \\
        --hparams '{"generator_hidden_size": 0.3333}'
"""

import argparse

from helpers.base import events, values
from helpers.pretraining import hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.forms import output_blocks
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import optimization
from helpers.tutorial.plan import machines

from . import fusion

# TFLOP/s in 32 bits and in 16 bits with tensor cores, GB/s: NVIDIA's data sheets.
CARDS = {
    name: (single, machines.CARDS[name].flops / 1e12, machines.CARDS[name].bandwidth / 1e9)
    for name, single in (("T4", 8.1), ("V100", machines.V100_32_BITS / 1e12), ("A100", 19.5))
}
LAUNCH_SECONDS = machines.KERNEL_SECONDS
PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")


def step_operations(hparams, static_shapes=False, kind=None):
    """The operations of one training step's graph; its products in ``kind``, a 16-bit type, if any."""
    with tf.Graph().as_default() as graph:
        step = tf.train.get_or_create_global_step()
        shape = [hparams.train_batch_size, hparams.max_seq_length]
        features = masking.Features(*(tf.placeholder(tf.int32, shape) for _ in masking.Features._fields))
        streams = RandomStreams(1, step, hparams.train_batch_size)
        special_tokens = masking.SpecialTokens(101, 102, 103)
        with tf.variable_scope(tf.get_variable_scope(), use_resource=static_shapes):
            model = electra.pretraining_model(
                features, hparams, special_tokens, streams, training=True, static_shapes=static_shapes, kind=kind
            )
        update = optimization.training_step(model.loss, hparams, step)[0]
        nodes = tf.graph_util.extract_sub_graph(graph.as_graph_def(), [update.name, model.loss.op.name]).node
        return [graph.get_operation_by_name(node.name) for node in nodes]


class Count:
    """Operations of products, bytes and kernels of one step, all examples full."""

    def __init__(self, hparams, static_shapes=False, kind=None):
        self.flops = self.bytes = self.kernels = 0
        self._tokens = hparams.train_batch_size * hparams.max_seq_length
        masked = hparams.train_batch_size * hparams.max_predictions_per_seq
        self._block = min(masked, max(1, output_blocks.BLOCK_ELEMENTS // hparams.vocab_size))
        self._blocks = -(-masked // self._block)
        self._count(step_operations(hparams, static_shapes, kind))

    def _count(self, operations):
        for operation in operations:
            self._add(operation)

    def _add(self, operation):
        values = [tensor for tensor in list(operation.inputs) + operation.outputs if tensor.dtype.is_floating]
        if operation.type in fusion.RENAMING + fusion.DESCRIBING or not values:
            return
        in_loop = operation.name.startswith("while/")
        times, unknown = (self._blocks, self._block) if in_loop else (1, self._tokens)
        self.kernels += times
        self.bytes += times * sum(self._numbers(tensor, unknown) * tensor.dtype.size for tensor in values)
        self._add_product(operation, times, unknown)

    def _add_product(self, operation, times, unknown):
        if operation.type in PRODUCTS:
            one, other, result = (self._shape(t, unknown) for t in (*operation.inputs[:2], operation.outputs[0]))
            transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
            self.flops += times * 2 * _product(result) * one[-2 if transposed else -1]

    def _shape(self, tensor, unknown):
        return [unknown if size is None else size for size in tensor.shape.as_list()]

    def _numbers(self, tensor, unknown):
        return _product(self._shape(tensor, unknown)) if tensor.shape.ndims is not None else 0


class Fused(Count):
    """The same of the form for a GPU after XLA's fusion, by the rules of ``benchmarks/fusion.py``."""

    def __init__(self, hparams, kind=None):
        super().__init__(hparams, static_shapes=True, kind=kind)

    def _count(self, operations):
        for operation in operations:
            self._add_product(operation, 1, self._tokens)
        self.made = fusion.Kernels(operations, lambda tensor: self._numbers(tensor, self._tokens))
        self.kernels, self.bytes = self.made.count, self.made.bytes


def _product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result


def table(count):
    """Rows of Markdown: each bound alone, in milliseconds."""
    yield "| Card | products, 32 bits | products, 16 bits | memory | %d kernels |" % count.kernels
    yield "|---|---|---|---|---|"
    for card, (single, half, bandwidth) in CARDS.items():
        bounds = (count.flops / single / 1e12, count.flops / half / 1e12, count.bytes / bandwidth / 1e9,
                  count.kernels * LAUNCH_SECONDS)  # fmt: skip
        yield "| %s | %s |" % (card, " | ".join("%.0f ms" % (1000 * seconds) for seconds in bounds))


def hours(count, steps):
    """``{card: [in 32 bits, with products in 16 bits]}``: hours of ``steps`` steps at the data sheets' peaks, products,
    memory and starts of kernels one after the other."""
    found = {}
    for card, (single, half, bandwidth) in CARDS.items():
        beside = count.bytes / bandwidth / 1e9 + count.kernels * LAUNCH_SECONDS
        found[card] = [steps / 3600 * (count.flops / products / 1e12 + beside) for products in (single, half)]
    return found


def table_of_hours(found):
    """Rows of Markdown: :func:`hours` at all of the peaks, at a half and at a quarter of them."""
    yield "| Card | 32 bits | at 1/2, 1/4 of the peaks | products in 16 bits | at 1/2, 1/4 |"
    yield "|---|---|---|---|---|"
    for card, (single, half) in found.items():
        shares = ["%.1f, %.1f h" % (2 * each, 4 * each) for each in (single, half)]
        yield "| %s | %.1f h | %s | %.1f h | %s |" % (card, single, shares[0], half, shares[1])


FORMS = {
    "cpu": Count,
    "card": lambda hparams: Count(hparams, static_shapes=True),
    "fused": Fused,
    "fused-bf16": lambda hparams: Fused(hparams, tf.bfloat16),
}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.step_arithmetic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model-size", default="small", choices=["tiny", "small", "base", "large"], help="default: small"
    )
    parser.add_argument("--batch", type=int, default=128, help="examples in a step (default: 128)")
    parser.add_argument("--length", type=int, default=128, help="tokens in an example (default: 128)")
    parser.add_argument("--vocab-size", type=int, default=119547, help="pieces of the vocabulary (default: 119547)")
    parser.add_argument("--form", choices=list(FORMS), default="cpu", help="of the step (default: cpu)")
    parser.add_argument("--hparams", type=values.given, default="{}", help="JSON: further hyperparameters")
    parser.add_argument("--steps", type=int, help="print the hours of so many steps, an estimate")
    arguments = parser.parse_args()
    settings = dict(
        model_size=arguments.model_size, train_batch_size=arguments.batch, max_seq_length=arguments.length,
        vocab_size=arguments.vocab_size, **hyperparameters.parse(arguments.hparams),
    )  # fmt: skip
    count = FORMS[arguments.form](hyperparameters.resolve(settings))
    print("%.2f TFLOP in products, %.1f GB read and written\n" % (count.flops / 1e12, count.bytes / 1e9))
    print("\n".join(table(count)))
    if arguments.steps:
        print("\n%s steps, an estimate:\n" % format(arguments.steps, ","))
        print("\n".join(table_of_hours(hours(count, arguments.steps))))
    if isinstance(count, Fused):
        print("\n| Kernels | how many | GB |\n|---|---|---|")
        for kind, (kernels, size) in sorted(count.made.by_kind().items(), key=lambda each: -each[1][1]):
            print("| %s | %.0f | %.2f |" % (kind, kernels, size / 1e9))


if __name__ == "__main__":
    events.run(lambda reporter: main())
