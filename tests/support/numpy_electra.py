"""ELECTRA's forward pass in NumPy, float64: an oracle that shares no code with TensorFlow or PyTorch.

Shapes: B examples, L tokens, M masked positions, E embedding size, H hidden size, V words.
``variables`` map TensorFlow's names to arrays.
"""

import math

import numpy as np

MASKED_OUT = -10000.0
EPSILON = 1e-12


def random_variables(
    vocab_size=60,
    embedding_size=16,
    hidden_size=128,
    layers=2,
    feed_forward=512,
    positions=40,
    generator_hidden_size=64,
    generator_layers=1,
    untied_generator=True,
    untied_generator_embeddings=False,
    electra_objective=True,
    uniform_generator=False,
    seed=0,
):
    """Random weights of a whole ELECTRA, as float32 arrays by the names that a checkpoint has."""
    draw = np.random.RandomState(seed)
    variables = {}

    def matrix(name, *shape):
        variables[name] = (draw.randn(*shape) / math.sqrt(shape[0] if len(shape) > 1 else 10)).astype(np.float32)

    def dense(name, inputs, outputs):
        matrix(name + "/kernel", inputs, outputs)
        matrix(name + "/bias", outputs)

    def norm(name, size):
        variables[name + "/gamma"] = (1 + 0.2 * draw.randn(size)).astype(np.float32)
        matrix(name + "/beta", size)

    def embeddings(scope, size):
        matrix(scope + "/embeddings/word_embeddings", vocab_size, size)
        variables[scope + "/embeddings/word_embeddings"] *= math.sqrt(vocab_size) * 0.3
        matrix(scope + "/embeddings/position_embeddings", positions, size)
        matrix(scope + "/embeddings/token_type_embeddings", 2, size)
        norm(scope + "/embeddings/LayerNorm", size)

    def encoder(scope, embedded, hidden, count, inner):
        if embedded != hidden:
            dense(scope + "/embeddings_project", embedded, hidden)
        for i in range(count):
            layer = "%s/encoder/layer_%d" % (scope, i)
            for part in ("query", "key", "value"):
                dense("%s/attention/self/%s" % (layer, part), hidden, hidden)
            dense(layer + "/attention/output/dense", hidden, hidden)
            norm(layer + "/attention/output/LayerNorm", hidden)
            dense(layer + "/intermediate/dense", hidden, inner)
            dense(layer + "/output/dense", inner, hidden)
            norm(layer + "/output/LayerNorm", hidden)

    embeddings("electra", embedding_size)
    encoder("electra", embedding_size, hidden_size, layers, feed_forward)
    width, table = hidden_size, embedding_size
    if electra_objective:
        dense("discriminator_predictions/dense", hidden_size, hidden_size)
        dense("discriminator_predictions/dense_1", hidden_size, 1)
        if untied_generator and not uniform_generator:
            width = generator_hidden_size
            if untied_generator_embeddings:
                table = width
                embeddings("generator", width)
            encoder("generator", table, width, generator_layers, 4 * width)
    if not uniform_generator:
        dense("generator_predictions/dense", width, table)
        norm("generator_predictions/LayerNorm", table)
        matrix("generator_predictions/output_bias", vocab_size)
    return variables


def hidden_states(
    variables, input_ids, input_mask, segment_ids, heads, encoder="electra", embeddings="electra", drop=None
):
    """The encoder's last hidden states, [B, L, H], and the table of token embeddings, [V, E].

    ``drop(kind, values)``, with the kind "hidden" or "attention", stands for dropout wherever BERT has it.
    """
    drop = drop or (lambda kind, values: values)
    get = _getter(variables)
    table = get(embeddings + "/embeddings/word_embeddings")
    length = np.shape(input_ids)[1]
    x = table[input_ids] + get(embeddings + "/embeddings/position_embeddings")[:length]
    x = x + get(embeddings + "/embeddings/token_type_embeddings")[segment_ids]
    x = drop("hidden", _norm(x, get, embeddings + "/embeddings/LayerNorm"))
    if encoder + "/embeddings_project/kernel" in variables:
        x = _dense(x, get, encoder + "/embeddings_project")
    masked_out = (1.0 - np.asarray(input_mask, np.float64))[:, None, None, :] * MASKED_OUT
    layer = 0
    while "%s/encoder/layer_%d/output/dense/bias" % (encoder, layer) in variables:
        name = "%s/encoder/layer_%d" % (encoder, layer)
        query, key, value = (
            _split(_dense(x, get, "%s/attention/self/%s" % (name, part)), heads) for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1]) + masked_out
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = drop("attention", scores / scores.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
        mixed = drop("hidden", _dense(mixed, get, name + "/attention/output/dense"))
        x = _norm(x + mixed, get, name + "/attention/output/LayerNorm")
        inner = _gelu(_dense(x, get, name + "/intermediate/dense"))
        x = _norm(x + drop("hidden", _dense(inner, get, name + "/output/dense")), get, name + "/output/LayerNorm")
        layer += 1
    return x, table


def discriminator_logits(variables, input_ids, input_mask, segment_ids, heads, drop=None):
    """Replaced or not, a logit for each token, [B, L]."""
    hidden, _ = hidden_states(variables, input_ids, input_mask, segment_ids, heads, drop=drop)
    get = _getter(variables)
    inner = _gelu(_dense(hidden, get, "discriminator_predictions/dense"))
    return _dense(inner, get, "discriminator_predictions/dense_1")[..., 0]


def mlm_logits(variables, input_ids, input_mask, segment_ids, positions, heads, drop=None):
    """The generator's logits at ``positions`` [B, M]: [B, M, V]."""
    own = any(name.startswith("generator/encoder/") for name in variables)
    own_table = "generator/embeddings/word_embeddings" in variables
    hidden, table = hidden_states(
        variables, input_ids, input_mask, segment_ids, heads,
        encoder="generator" if own else "electra", embeddings="generator" if own_table else "electra", drop=drop,
    )  # fmt: skip
    get = _getter(variables)
    hidden = hidden[np.arange(len(hidden))[:, None], positions]
    hidden = _norm(_gelu(_dense(hidden, get, "generator_predictions/dense")), get, "generator_predictions/LayerNorm")
    return hidden @ table.T + get("generator_predictions/output_bias")


def _getter(variables):
    return lambda name: np.asarray(variables[name], np.float64)


def _dense(x, get, name):
    return x @ get(name + "/kernel") + get(name + "/bias")


def _norm(x, get, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON) * get(name + "/gamma") + get(
        name + "/beta"
    )


def _gelu(x):
    return 0.5 * x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))


def _split(x, heads):
    return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(0, 2, 1, 3)
