"""The kernels that XLA would make of a step's graph, as far as that follows from rules that its sources state.

Nothing is compiled or run.  The rules, each from XLA's ``xla/service/gpu`` (or where it says otherwise):

- What goes element by element, or only moves values, is computed where it is read; what is connected and waits for
  the same products and sums is one kernel.  Kernels that wait for more compute it again (``instruction_fusion``,
  ``priority_fusion``), but for logarithms, erf and the like, where that reads no more than it would write, or where it
  is small.  What the graph orders after a gradient is computed there, and not kept.
- A sum ends a kernel, whatever was fused into it: what needs it waits for the whole of it.  Sums along the same axes
  of equally large tensors share a kernel, with what else is read of that tensor (``multi_output_fusion``); others
  have one each.
- What is put on the host, such as the choice of masks, is none of the card's.
- Products, random numbers, gathers and scatters are kernels of their own.  A gather reads the rows that it takes.
- The updates of one variable, weight decay and Adam's, are one kernel, where XLA compiles them.
- Small kernels of one kind, at most 2^18 values each, whose results all go to one place, such as the updates of
  many variables, are one kernel for 32 of them (``horizontal_loop_fusion``, ``horizontal_input_fusion``).

What XLA can do beside that is left out: biases and activations within products, softmax and layer norm in one kernel
on cards of 2020 and later.
"""

import collections

from helpers.pretraining.network.runtime import tf

# They rename a tensor, or describe one, and touch none of its values.
RENAMING = """
Enter Exit ExpandDims Identity IdentityN PlaceholderWithDefault PreventGradient ReadVariableOp Reshape Squeeze
StopGradient
""".split()
DESCRIBING = """
BroadcastGradientArgs Const LoopCond Merge NextIteration NoOp Placeholder Rank ResourceApplyGradientDescent Shape ShapeN
Size Switch VarHandleOp VariableV2
""".split()
ELEMENTWISE = """
Add AddN AddV2 BiasAdd BroadcastTo Cast ConcatV2 Cumsum DivNoNan Equal Erf Exp Floor Greater GreaterEqual Less
LessEqual Log LogicalAnd Maximum Minimum Mul Neg NotEqual OneHot Pack Pad PadV2 Pow RealDiv Relu ReluGrad
ResourceApplyAdam Rsqrt Select SelectV2 Sigmoid Slice Split SplitV Sqrt Square SquaredDifference StridedSlice
StridedSliceGrad Sub Tanh Tile Transpose Unpack ZerosLike Fill Log1p
""".split()
SUMS = ["ArgMax", "BiasAddGrad", "L2Loss", "Max", "Mean", "Min", "Sum"]
GATHERS = ["Gather", "GatherNd", "GatherV2", "ResourceGather"]
SLICES = ["Slice", "StridedSlice"]  # they too read what they take
# What an update writes beside what it reads: the variable's new value, and both averages.
WRITTEN = {"ApplyAdam": 3, "ResourceApplyAdam": 3, "ApplyGradientDescent": 1}
HANDLES = {"ResourceApplyAdam": 3}  # what is read through handles
DEAR = "Erf Log Log1p Pow Sigmoid Tanh".split()  # not computed twice; a GPU has the others in hardware
AGAIN = 1.25  # of a tensor's bytes may be read to compute it again
SMALL, TOGETHER = 1 << 18, 32


def renames(operation):
    """Whether it only renames; a sum that leaves the shape as it is sums along nothing."""
    if operation.type in ("Sum", "Mean"):
        one, other = operation.inputs[0].shape, operation.outputs[0].shape
        return one.is_fully_defined() and one.as_list() == other.as_list() and one.num_elements() > 1
    return operation.type in RENAMING


def renamings(tensor):
    """``tensor``, and one after the other what it is another name or shape of."""
    yield tensor
    while tensor.op.inputs and tensor.dtype != tf.resource and renames(tensor.op):
        number = tensor.value_index if tensor.op.type == "IdentityN" else 0
        if tensor.op.inputs[number].dtype == tf.resource:
            return
        tensor = tensor.op.inputs[number]
        yield tensor


def has_values(tensor):
    """Whether a tensor holds numbers or masks; ids and shapes are few and are the host's."""
    return tensor.dtype.is_floating or tensor.dtype.base_dtype == tf.bool


def in_order(operations):
    """Operations, each after what it reads."""
    placed = set()
    for operation in operations:
        stack = [operation]
        while stack:
            top = stack[-1]
            waiting = [tensor.op for tensor in top.inputs if tensor.op not in placed]
            if waiting and top.type != "Merge":
                stack.extend(waiting)
                continue
            stack.pop()
            if top not in placed:
                placed.add(top)
                yield top


class Kernels:
    """The kernels of ``operations``, as the module's rules have them.

    Parameters
    ----------
    operations : list of tf.Operation
    numbers : function of a tensor, how many values it has

    Attributes
    ----------
    found : list of (operations, bytes, count)
        ``count`` is a share of one where several are one kernel.
    """

    def __init__(self, operations, numbers):
        self._numbers, self.found = numbers, []
        self._depth, self._parent, self._readers = {}, {}, collections.defaultdict(list)
        self._reads, self._from, self._wanted = {}, {}, set()
        for operation in in_order(operations):
            if not renames(operation) and operation.type not in DESCRIBING and "CPU" not in operation.device:
                self._place(operation)
        parts = collections.defaultdict(list)
        for operation in self._depth:
            parts[self._root(operation)].append(operation)
        self._small = collections.defaultdict(list)
        for part in parts.values():
            self._split(part)
        for members in self._small.values():
            for operations, size in members:
                kernels = -(-len(members) // TOGETHER)
                self.found.append((operations, size, kernels / len(members)))

    @property
    def count(self):
        return int(round(sum(count for _, _, count in self.found)))

    @property
    def bytes(self):
        return sum(size for _, size, _ in self.found)

    def by_kind(self):
        """``{kind: [kernels, bytes]}``; kinds are named by the operation that makes the kernel what it is."""
        kinds = collections.defaultdict(lambda: [0, 0])
        for operations, size, count in self.found:
            types = [operation.type for operation in operations]
            kind = next((kind for kind, names in KINDS.items() if any(name in types for name in names)), "others")
            if kind == "others" and all(name in ELEMENTWISE for name in types):
                kind = "element by element"
            kinds[kind][0] += count
            kinds[kind][1] += size
        return dict(kinds)

    def _place(self, operation):
        """Give the operation its depth, and join it with what it can be computed with."""
        direct, waits = [], []
        for tensor in operation.inputs:
            chain = list(renamings(tensor))
            if has_values(chain[-1]):
                direct.append(chain[-1])
                waits += [each for link in chain[:-1] for each in link.op.control_inputs]
        self._wanted.update(made.op for made in direct)
        waits = [each for each in waits + [made.op for made in direct] if each in self._depth]
        depth = max([self._depth[each] + (each.type not in ELEMENTWISE) for each in waits], default=0)
        self._depth[operation], self._parent[operation] = depth, operation
        fusible = operation.type in ELEMENTWISE + SUMS
        self._reads[operation] = reads = {}  # how many values of what, by the tensors' first names
        for made in direct:
            again = fusible and made.op in self._from and self._depth[made.op] < depth
            more = self._from[made.op] if again else {made: self._taken(operation, made)}
            for each, count in more.items():
                reads[each] = max(count, reads.get(each, 0))
        self._remember(operation)
        for made in reads:
            self._readers[made].append(operation)
            if fusible and made.op.type in ELEMENTWISE and self._depth.get(made.op) == depth:
                self._parent[self._root(made.op)] = self._root(operation)

    def _taken(self, operation, made):
        """How many of a tensor's values the operation takes."""
        taken = self._numbers(made)
        return min(taken, self._largest(operation.outputs)) if operation.type in GATHERS + SLICES else taken

    def _remember(self, operation):
        """Note what the operation is computed from, where computing it again costs less than keeping it."""
        if operation.type not in ELEMENTWISE or operation.type in DEAR or len(operation.outputs) != 1:
            return
        origins = {}
        for made, count in self._reads[operation].items():
            origins.update(self._from.get(made.op, {made: count}))
        read = sum(count * made.dtype.base_dtype.size for made, count in origins.items())
        if read <= AGAIN * self._size(operation.outputs[0]) or self._numbers(operation.outputs[0]) <= SMALL:
            self._from[operation] = origins

    def _size(self, tensor):
        return self._numbers(tensor) * tensor.dtype.base_dtype.size

    def _root(self, operation):
        while self._parent[operation] is not operation:
            operation = self._parent[operation]
        return operation

    def _split(self, part):
        """The kernels of one connected part: by what they sum along, and how large that is."""
        inside, groups = set(part), collections.OrderedDict()
        if not any(has_values(tensor) for each in part for tensor in list(each.inputs) + each.outputs):
            return
        for operation in part:
            leaves = any(each not in inside for made in operation.outputs for each in self._readers[made])
            if operation.type in SUMS:
                groups.setdefault((self._largest(operation.inputs), _axes(operation)), []).append(operation)
            elif leaves or operation.type in WRITTEN or operation not in self._wanted:
                size = self._largest(operation.outputs or operation.inputs)
                groups.setdefault((size, None), []).append(operation)
        for key in [key for key in groups if key[1] is None]:  # they go with a sum of the same size
            host = next((other for other in groups if other[1] is not None and other[0] == key[0]), None)
            if host is not None:
                groups[host] += groups.pop(key)
        for roots in groups.values():
            self._add(roots, inside)

    def _add(self, roots, inside):
        """One kernel that computes ``roots``, from what lies outside its part."""
        needed, waiting, read = set(), list(roots), {}
        while waiting:
            operation = waiting.pop()
            if operation in needed:
                continue
            needed.add(operation)
            for made, count in self._reads[operation].items():
                if made.op in inside and made.op is not operation:
                    waiting.append(made.op)
                else:
                    read[made] = max(count, read.get(made, 0))
        size = sum(count * made.dtype.base_dtype.size for made, count in read.items())
        size += sum(map(self._written, roots))
        home = {each.name for root in roots for made in root.outputs for each in self._readers[made]}
        results = self._largest([made for root in roots for made in root.outputs] or roots[0].inputs)
        if len(home) <= 1 and results <= SMALL and all(root.type in ELEMENTWISE + SUMS for root in roots):
            kind = tuple(sorted(each.type for each in needed)), tuple(sorted(home))
            self._small[kind].append((needed, size))
        else:
            self.found.append((needed, size, 1))

    def _written(self, operation):
        if operation.type in WRITTEN:
            times = WRITTEN[operation.type] + HANDLES.get(operation.type, 0)
            return times * 4 * self._largest([operation.inputs[-1]])
        values = [tensor for tensor in operation.outputs if has_values(tensor)]
        return sum(self._numbers(tensor) * tensor.dtype.base_dtype.size for tensor in values)

    def _largest(self, tensors):
        return max([self._numbers(tensor) for tensor in tensors if has_values(tensor)], default=0)


KINDS = {
    "products": ["MatMul", "BatchMatMul", "BatchMatMulV2"],
    "random numbers": ["StatelessRandomUniform"],
    "updates": ["ApplyAdam", "ResourceApplyAdam", "ApplyGradientDescent"],
    "norm of the gradients": ["L2Loss"],
    "gathers": GATHERS,
    "sums": SUMS,
}


def _axes(operation):
    """What a sum sums along: a tuple of axes, as far as they are constant."""
    if operation.type == "BiasAddGrad":
        return ("rows",)
    if operation.type == "L2Loss":
        return ("all",)
    shape = operation.inputs[0].shape
    axes = tf.get_static_value(operation.inputs[1]) if hasattr(tf, "get_static_value") else None
    if axes is None:
        return ("unknown",)
    axes = [int(axis) % max(1, shape.ndims) for axis in axes.reshape(-1)]
    if sorted(axes) == list(range(shape.ndims)):
        return ("all",)
    return (
        ("rows",)
        if sorted(axes) == list(range(shape.ndims - 1))
        else tuple(sorted(axis - shape.ndims for axis in axes))
    )
