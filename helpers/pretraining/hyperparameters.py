"""The one home of all hyperparameters: names, defaults, meaning, checks.

The names and defaults are those of google-research/electra's pre-training configuration, so that a
``--hparams`` of one works with the other; ours stand in a section of their own.  Nothing here
imports TensorFlow: the notebook, the trainer and the converter all read the same table.
"""

import dataclasses
import json
import os
from typing import Optional

from helpers.base.errors import TutorialError
from helpers.base.files import read_settings
from helpers.data.vocabulary import vocab_file
from helpers.pretraining.hyperparameter_values import coerce, suggestion
from helpers.pretraining.shapes import HIDDEN_SIZE_AND_LAYERS, discriminator_config, embedding_size, generator_config


@dataclasses.dataclass
class Hyperparameters:
    """Settings of one pre-training run; ``max_predictions_per_seq`` follows from two of them."""

    model_name: str = "electra"
    debug: bool = False  # a run of seconds: 20 steps of batch 8
    do_train: bool = True
    do_eval: bool = False  # evaluate once more at the end and write results_txt

    # Losses (paper, sections 2 and 3.1)
    electra_objective: bool = True  # false: masked language modelling alone, as BERT
    gen_weight: float = 1.0  # weight of the generator's masked-LM loss
    disc_weight: float = 50.0  # weight of the replaced token detection loss (lambda)
    mask_prob: float = 0.15  # share of tokens that are masked

    # Optimization (paper, appendix A)
    learning_rate: float = 5e-4  # the peak, reached at the end of the warm-up
    lr_decay_power: float = 1.0  # 1: the learning rate falls linearly to zero
    weight_decay_rate: float = 0.01  # not on biases and layer norms
    num_warmup_steps: Optional[int] = None  # default: 10% of the run, at most the reference's 10,000

    # Length of the run
    num_train_steps: int = 1000000
    save_checkpoints_steps: int = 1000
    keep_checkpoint_max: int = 5  # 0 keeps all
    num_eval_steps: int = 100  # batches in one evaluation, at most
    iterations_per_loop: int = 200  # accepted; steps between two looks at the host matter on TPUs only

    # Model
    model_size: str = "small"  # "tiny" (ours, for a CPU), "small", "base" or "large"
    model_hparam_overrides: dict = dataclasses.field(default_factory=dict)  # see ENCODER_SETTINGS
    embedding_size: Optional[int] = None  # default: 128 for tiny and small, else the hidden size
    vocab_size: int = 30522
    do_lower_case: bool = True

    # Generator (paper, section 3.2)
    generator_hidden_size: float = 0.25  # its width, as a share of the discriminator's
    generator_layers: float = 1.0  # its number of layers, as a share of the discriminator's
    untied_generator: bool = True  # false: generator and discriminator are one encoder
    untied_generator_embeddings: bool = False  # true: the generator has token embeddings of its own
    uniform_generator: bool = False  # true: replacements are drawn uniformly from the vocabulary
    disallow_correct: bool = False  # true: the generator never proposes the original token
    temperature: float = 1.0  # of the softmax that replacements are drawn from

    # Batches
    max_seq_length: int = 128
    train_batch_size: int = 128
    eval_batch_size: int = 128

    # Files; the defaults lie under the data folder
    pretrain_tfrecords: Optional[str] = None
    vocab_file: Optional[str] = None
    model_dir: Optional[str] = None
    results_txt: Optional[str] = None

    # Ours
    seed: int = 0  # masks, samples, dropout and order of examples are functions of (seed, step)
    valid_tfrecords: Optional[str] = None  # held-out examples; default: valid_tfrecords/ of the data folder
    eval_steps: int = 0  # evaluate every so many steps; 0: at the end only
    log_steps: int = 0  # a line of metrics.jsonl every so many steps; 0: about 200 lines a run, 100 steps at most
    strip_accents: Optional[bool] = None  # of the tokenizer; default: as do_lower_case, as in BERT
    loss_on_all_tokens: bool = True  # false: the discriminator learns from the masked positions only ("ELECTRA 15%")
    gradient_accumulation_steps: int = 1  # parts that a batch is computed in one by one; the same update
    mixed_precision: Optional[bool] = None  # 16-bit products on a GPU; default: where capability >= 7.0 makes them fast
    keep_best: bool = True  # keep the weights with the lowest held-out loss in best/, where eval_steps evaluates often
    max_seconds: float = 0.0  # stop, with a checkpoint, after so many seconds; 0: no limit

    @property
    def max_predictions_per_seq(self):
        """Most positions that are masked in one example."""
        return max(1, int((self.mask_prob + 0.005) * self.max_seq_length))


REFUSED = {
    "use_tpu": (False, "training runs on CPUs and GPUs; there is no TPU code here"),
    "num_tpu_cores": (1, "training runs on CPUs and GPUs; there is no TPU code here"),
    "tpu_job_name": (None, "training runs on CPUs and GPUs; there is no TPU code here"),
    "tpu_name": (None, "training runs on CPUs and GPUs; there is no TPU code here"),
    "tpu_zone": (None, "training runs on CPUs and GPUs; there is no TPU code here"),
    "gcp_project": (None, "training runs on CPUs and GPUs; there is no TPU code here"),
    "electric_objective": (False, "Electric is another model than the one taught here"),
    "two_tower_generator": (False, "it belongs to Electric, another model than the one taught here"),
    "results_pkl": (None, "pickle files can run code when they are read; results go to results_txt"),
}

DEBUG_SETTINGS = dict(
    train_batch_size=8, num_train_steps=20, eval_batch_size=4, iterations_per_loop=1, num_eval_steps=2
)

SMALL_EMBEDDING_SIZE = 128
REFERENCE_WARMUP_STEPS = 10000

POSITIVE = ("learning_rate", "temperature", "lr_decay_power", "generator_hidden_size", "generator_layers")
AT_LEAST_ONE = ("num_train_steps", "save_checkpoints_steps", "num_eval_steps", "train_batch_size", "eval_batch_size",
                "vocab_size", "embedding_size", "iterations_per_loop", "gradient_accumulation_steps")  # fmt: skip
AT_LEAST_ZERO = ("num_warmup_steps", "keep_checkpoint_max", "gen_weight", "disc_weight", "weight_decay_rate",
                 "eval_steps", "log_steps", "max_seconds", "seed")  # fmt: skip


def resolve(settings, data_dir=None, model_name=None):
    """Turn ``settings``, a mapping of names to values, into checked :class:`Hyperparameters`.

    Strings are read as the type that the name wants ("false" is false).  Files that are not named
    get their places under ``data_dir``.  Raises TutorialError that names the parameter.
    """
    values = {}
    if model_name is not None:
        values["model_name"] = model_name
    fields = {field.name: field for field in dataclasses.fields(Hyperparameters)}
    for name, value in settings.items():
        if name in REFUSED:
            harmless, reason = REFUSED[name]
            if value not in (harmless, str(harmless).lower()):
                raise TutorialError(f"hyperparameter {name}: {value!r} is not supported: {reason}")
        elif name not in fields:
            raise TutorialError(f"unknown hyperparameter {name!r}{suggestion(name, fields)}")
        else:
            values[name] = coerce(name, fields[name].type, value)
    if values.get("debug"):
        values = dict(DEBUG_SETTINGS, **values)
    hparams = Hyperparameters(**values)
    _check(hparams)
    _fill_in(hparams, data_dir)
    return hparams


def resolve_in(data_dir, model_name, settings):
    """Hyperparameters of a run in ``data_dir``: what is not set follows the vocabulary and the held-out data there."""
    settings = dict(settings)
    path = settings.get("vocab_file") or os.path.join(data_dir, "vocab.txt")
    if "vocab_size" not in settings and os.path.exists(path):
        settings["vocab_size"] = len(vocab_file.read(path))
    beside = os.path.join(os.path.dirname(path), "tokenizer_config.json")
    tokenizer = read_settings(beside)
    for name in ("do_lower_case", "strip_accents"):
        stated = tokenizer.get(name)
        if stated is None:
            continue
        given = settings.setdefault(name, stated)
        if given is not None and str(given).lower() in ("true", "false") and str(given).lower() != str(stated).lower():
            raise TutorialError(
                f"{name} is {given} in the hyperparameters and {stated} in {beside}, which the data were built with: "
                "leave it out, or make the vocabulary with it (vocabulary.prepare) and build the data again"
            )
    held_out = os.path.join(data_dir, "valid_tfrecords")
    if os.path.isdir(held_out):
        settings.setdefault("valid_tfrecords", os.path.join(held_out, "pretrain_data.tfrecord*"))
    return resolve(settings, data_dir, model_name)


def parse(text):
    """The mapping in ``--hparams``: JSON itself or the name of a JSON file."""
    try:
        is_file = os.path.isfile(text)
    except ValueError:  # what no file can be called
        is_file = False
    if is_file:
        where = text
        try:
            with open(text, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise TutorialError(f"--hparams {where} cannot be read: {error}")
    else:
        where = "--hparams"
        if not text.lstrip().startswith("{"):
            raise TutorialError(f"--hparams {text[:200]!r} is neither a file that exists nor a JSON object")
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TutorialError(f"{where} is not valid JSON: {error}")
    if not isinstance(settings, dict):
        raise TutorialError(f'{where} must hold a JSON object, such as {{"num_train_steps": 1000}}')
    return settings


def as_dict(hparams):
    """All hyperparameters by name, ready for hparams.json."""
    return dataclasses.asdict(hparams)


def _check(hparams):
    def require(good, name, rule):
        if not good:
            raise TutorialError(f"hyperparameter {name} must be {rule}, not {getattr(hparams, name)!r}")

    def at_least(names, least, rule):
        for name in names:
            value = getattr(hparams, name)
            require(value is None or value >= least, name, rule)

    at_least(AT_LEAST_ONE, 1, "at least 1")
    at_least(AT_LEAST_ZERO, 0, "at least 0")
    for name in POSITIVE:
        require(getattr(hparams, name) > 0, name, "above 0")
    require(hparams.model_size in HIDDEN_SIZE_AND_LAYERS, "model_size", f"one of {', '.join(HIDDEN_SIZE_AND_LAYERS)}")
    require(0 < hparams.mask_prob < 1, "mask_prob", "between 0 and 1")
    require(hparams.seed < 2**31, "seed", "below 2147483648")
    if hparams.uniform_generator and not hparams.electra_objective:
        raise TutorialError("uniform_generator without electra_objective leaves nothing to train: set one of them anew")
    for config in (discriminator_config(hparams), generator_config(hparams)):
        _check_encoder(config)
    longest = discriminator_config(hparams).max_position_embeddings
    require(5 <= hparams.max_seq_length <= longest, "max_seq_length", f"from 5 to {longest} (max_position_embeddings)")
    parts = hparams.gradient_accumulation_steps
    require(hparams.train_batch_size % parts == 0, "train_batch_size", f"a multiple of {parts} parts")
    name = hparams.model_name
    if not name.isprintable() or name in ("", ".", "..") or os.path.basename(name) != name or len(name.encode()) > 200:
        raise TutorialError(f"model_name {name!r:.300} must be a plain name without slashes")


def _check_encoder(config):
    for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size"):
        if getattr(config, name) < 1:
            raise TutorialError(f"{name} of the encoder comes to {int(getattr(config, name))}; it must be at least 1")
    if config.hidden_size % config.num_attention_heads:
        raise TutorialError(
            f"hidden_size {config.hidden_size} is not a multiple of num_attention_heads {config.num_attention_heads}"
        )
    if config.hidden_act not in ("gelu", "relu"):
        raise TutorialError(f"hidden_act must be gelu or relu, not {config.hidden_act!r}")


def _fill_in(hparams, data_dir):
    """Defaults that depend on other settings."""
    if hparams.embedding_size is None and hparams.model_size in ("tiny", "small"):
        hparams.embedding_size = SMALL_EMBEDDING_SIZE
    hparams.embedding_size = embedding_size(hparams)
    if hparams.num_warmup_steps is None:
        hparams.num_warmup_steps = min(REFERENCE_WARMUP_STEPS, hparams.num_train_steps // 10)
    if not hparams.log_steps:
        hparams.log_steps = min(100, max(1, hparams.num_train_steps // 200))
    if hparams.strip_accents is None:
        hparams.strip_accents = hparams.do_lower_case
    if data_dir is not None:
        join = os.path.join
        hparams.pretrain_tfrecords = hparams.pretrain_tfrecords or join(
            data_dir, "pretrain_tfrecords", "pretrain_data.tfrecord*"
        )
        hparams.vocab_file = hparams.vocab_file or join(data_dir, "vocab.txt")
        hparams.model_dir = hparams.model_dir or join(data_dir, "models", hparams.model_name)
        hparams.results_txt = hparams.results_txt or join(hparams.model_dir, "results", "unsup_results.txt")
