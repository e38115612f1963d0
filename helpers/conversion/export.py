"""The export of a TensorFlow checkpoint for transformers, and the proof that it is the same model."""

import io
import os
import shutil
import time
from typing import Any, Callable, Dict, Optional

from helpers import conversion
from helpers.base import files, manifest
from helpers.base.errors import TutorialError
from helpers.conversion import configuration, heads, model_card, tokenizer_files, weights_map
from helpers.data.vocabulary import vocab_file
from helpers.discriminator import held_out, loading
from helpers.pretraining import hyperparameters
from helpers.pretraining.shapes import discriminator_config


def convert(job: conversion.Job, reporter: Any, tensorflow_logits: Optional[Callable] = None) -> Dict[str, Any]:
    """Do ``job`` (a :class:`helpers.conversion.Job`); returns what ``conversion.convert`` describes.

    ``tensorflow_logits`` computes the logits to compare with; by default TensorFlow itself does.
    """
    started = time.time()
    for component in job.components():
        conversion.check_folder(job.folder(component))
    made_from = {name: manifest.record(path) for name, path in conversion.inputs(job).items()}
    found = conversion.find_checkpoint(job.model_dir, job.step)
    stated = job.hparams or _stated_hparams(job.model_dir)
    hparams = configuration.read_hparams(stated) if stated else None
    tokens = vocab_file.read(job.vocab_file, reporter.message)
    lower, strip = tokenizer_files.settings(job.vocab_file, tokens, stated, reporter.message)

    from helpers.pretraining.training.checkpoints import CheckpointReader

    parts = 1 + 2 * len(job.components())
    if job.valid_file and "discriminator" in job.components():
        parts += held_out.CHUNKS
    reporter.start("Conversion", total=parts, unit="part")
    reader = CheckpointReader(found.prefix)
    scopes, unavailable = _find_components(reader, hparams, job, reporter)
    if hparams is None:
        hparams = _guess_hparams(reader, scopes, reporter)
    exports = {component: _Export(component, where, reader, hparams, tokens) for component, where in scopes.items()}

    reporter.advance()
    about = dict(
        model_name=os.path.basename(os.path.abspath(job.model_dir)),
        step=found.step,
        hparams=stated,
        tokenizer=dict(do_lower_case=lower, strip_accents=strip),
        corpus=_corpus_manifest(job),
        metrics=model_card.last_metrics(os.path.join(job.model_dir, "metrics.jsonl"), found.step),
    )
    result = dict(up_to_date=False, checkpoint=found.prefix, step=found.step, model_dir=job.model_dir)
    logits = None
    for component in job.components():
        result[component] = None
        if component not in exports:
            # An earlier export is of another training; check_folder has seen that nothing else is in it.
            shutil.rmtree(job.folder(component), ignore_errors=True)
            continue
        export = exports[component]
        with files.write_folder_aside(job.folder(component)) as folder:
            weights = reader.weights(export.pairs)
            length = min(hparams.max_seq_length, export.config["max_position_embeddings"])
            tokenizer_files.write(folder, tokens, lower, strip, length)
            files.write_json(os.path.join(folder, "config.json"), export.config)
            _write_weights(folder, weights)
            reporter.advance()

            from helpers.conversion import comparison
            from helpers.discriminator import loading

            if logits is None:
                batch = comparison.batch(loading.load_encoder(folder), len(tokens), length, job.valid_file)
                logits = (tensorflow_logits or _tensorflow_logits())(reader.prefix, hparams, *batch)
            outcome = comparison.check(component, folder, weights, batch, logits)
            reporter.advance()
            outcome["parameters"] = sum(int(value.size) for name, value in weights.items() if name not in loading.TIED)
            if component == "discriminator":
                outcome["threshold"] = _set_threshold(folder, export.config, job.valid_file, reporter)
            model_card.write(os.path.join(folder, "README.md"), component, export.config, outcome, **about)
            parameters = conversion.parameters(job, component)
            _write_manifest(folder, parameters, made_from, found, export, weights, outcome, unavailable)
        result[component] = dict(outcome, folder=job.folder(component))
        reporter.message(_sentence(component, outcome))
    result.update(unavailable=unavailable, seconds=round(time.time() - started, 2))
    return result


class _Export:
    """One component of a checkpoint: its config.json, and its pairs of names, checked."""

    def __init__(self, component, where, reader, hparams, tokens):
        checkpoint = f"checkpoint {reader.prefix}"
        self.config = configuration.config(component, reader.shapes, where, hparams, tokens.index("[PAD]"), checkpoint)
        if len(tokens) > self.config["vocab_size"]:
            raise TutorialError(
                f"the vocabulary has {len(tokens)} tokens, but {checkpoint} was trained with "
                f"{self.config['vocab_size']}: it is not the one of this run"
            )
        self.pairs = weights_map.pairs(
            component,
            where,
            self.config["num_hidden_layers"],
            projected=self.config["embedding_size"] != self.config["hidden_size"],
        )
        weights_map.check_complete(self.pairs, reader.shapes, where, checkpoint)


def _find_components(reader, hparams, job, reporter):
    """What the checkpoint holds: scopes by component, and why another is not there, by component."""
    scopes, unavailable = {}, {}
    for component in weights_map.COMPONENTS:
        try:
            scopes[component] = weights_map.scopes(reader.shapes, component, f"checkpoint {reader.prefix}")
        except weights_map.Unavailable as reason:
            unavailable[component] = str(reason)
    activation = discriminator_config(hparams).hidden_act if hparams else "gelu"
    if "generator" in scopes and activation != "gelu":
        del scopes["generator"]
        unavailable["generator"] = (
            f"the generator was trained with hidden_act {activation}, but transformers gives its output layer gelu "
            "always: only the discriminator can be exported"
        )
    for component in job.components():
        if component in unavailable:
            if job.component or not scopes:
                raise TutorialError(unavailable[component])
            reporter.message(unavailable[component])
    ignored = weights_map.unknown(reader.shapes)
    if ignored:
        reporter.message(f"{len(ignored)} variables belong to neither model and are left out: {', '.join(ignored[:5])}")
    return scopes, unavailable


def _guess_hparams(reader, scopes, reporter):
    layers = configuration.sizes_of(reader.shapes, next(iter(scopes.values())), reader.prefix)["num_hidden_layers"]
    found = heads.infer(reader.value_or_none, "electra", layers)
    hparams = configuration.hparams_of(reader.shapes, scopes, found, f"checkpoint {reader.prefix}")
    heads_are = "as the optimizer's moments show" if found else "a guess: one for each 64 units of width"
    reporter.message(
        "there is no hparams.json: sizes are those of the variables; "
        f"{discriminator_config(hparams).num_attention_heads} attention heads, {heads_are}"
    )
    return hparams


def _stated_hparams(model_dir):
    """The hyperparameters in the model's hparams.json; an empty dict when there is none."""
    path = os.path.join(model_dir, "hparams.json")
    return hyperparameters.parse(path) if os.path.exists(path) else {}


def _corpus_manifest(job):
    """What is known about the text: the manifest beside the held-out text, or in corpus/ beside the vocabulary."""
    folder = (
        os.path.dirname(job.valid_file) if job.valid_file else os.path.join(os.path.dirname(job.vocab_file), "corpus")
    )
    return manifest.read(os.path.join(folder, manifest.FILE)) or {}


def _tensorflow_logits():
    from helpers.pretraining.network.inference import electra_logits

    return electra_logits


def _write_weights(folder, weights):
    """model.safetensors and pytorch_model.bin, which transformers 5 and 2.8.0 prefer."""
    torch, _ = loading.libraries()
    from safetensors.numpy import save

    # A tied matrix is written once: safetensors refuses shared memory, and transformers ties it again.
    single = {name: value for name, value in weights.items() if name not in loading.TIED}
    _write_bytes(os.path.join(folder, "model.safetensors"), save(single, metadata={"format": "pt"}))
    tensors = {name: torch.from_numpy(value) for name, value in single.items()}
    tensors.update((name, tensors[source]) for name, source in loading.TIED.items() if name in weights)
    # By way of memory: PyTorch's own writer ends the process when the disk is full.
    packed = io.BytesIO()
    torch.save(tensors, packed)
    _write_bytes(os.path.join(folder, "pytorch_model.bin"), packed.getbuffer())


def _write_bytes(path, content):
    with open(path, "wb") as file:
        file.write(content)


def _set_threshold(folder, config, valid_file, reporter):
    """Set ``replaced_threshold`` in the folder's config.json; returns it, or None without held-out text."""
    if not valid_file:
        return None
    from helpers import discriminator

    value, how, _ = held_out.threshold(discriminator.load(folder), valid_file, reporter.advance)
    if value is None:
        reporter.message(f"no threshold is set: {how} ({valid_file})")
        return None
    config.update(replaced_threshold=value, replaced_threshold_source=how)
    files.write_json(os.path.join(folder, "config.json"), config)
    return value


def _write_manifest(folder, parameters, inputs, checkpoint, export, weights, outcome, unavailable):
    manifest.write(
        os.path.join(folder, manifest.FILE),
        parameters,
        inputs=inputs,
        outputs={name: manifest.record(os.path.join(folder, name)) for name in sorted(os.listdir(folder))},
        checkpoint=os.path.basename(checkpoint.prefix),
        step=checkpoint.step,
        result=outcome,
        unavailable=unavailable,
        variables=[dict(pair._asdict(), shape=list(weights[pair.pytorch].shape)) for pair in export.pairs],
    )


def _sentence(component, outcome):
    text = f"{component}: {outcome['parameters']:,} parameters, logits differ from TensorFlow's by "
    text += f"{outcome['difference']:.1e} at most"
    as_loaded = outcome.get("difference_as_loaded", 0.0)
    if as_loaded > 2 * outcome["difference"] and as_loaded > 1e-5:
        text += (
            f" ({as_loaded:.1e} as transformers loads it: its layer norm's epsilon is 1e-5 where TensorFlow's is 1e-12)"
        )
    if outcome.get("threshold") is not None:
        text += f"; a word is called replaced above {outcome['threshold']:.3f}"
    return text
