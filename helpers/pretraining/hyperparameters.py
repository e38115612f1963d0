"""The one home of all hyperparameters: names, defaults, meaning, checks.

The names and defaults are those of google-research/electra's pre-training configuration, so that a
``--hparams`` of one works with the other; ours stand in a section of their own.  Nothing here
imports TensorFlow: the notebook, the trainer and the converter all read the same table.
"""

import dataclasses
import json
import os
from typing import Any, Callable, Dict, Mapping, Optional

from helpers.base.errors import TutorialError
from helpers.base.files import read_settings
from helpers.base.values import truth
from helpers.data.vocabulary import vocab_file
from helpers.pretraining.hyperparameter_values import coerce, suggestion
from helpers.pretraining.shapes import (
    HIDDEN_SIZE_AND_LAYERS,
    check,
    discriminator_config,
    embedding_size,
    generator_config,
)


def _setting(default, *, above=None, at_least=None, below=None, may_change=False, on_card=False):
    """A field with what else is to be known of it.

    ``above``, ``at_least``, ``below`` limit its value; ``may_change``: a run goes on when another value is given
    (its length, its bookkeeping, where its files lie, what suits the machine); ``on_card``: the model card shows it.
    """
    facts = dict(above=above, at_least=at_least, below=below, may_change=may_change, on_card=on_card)
    kind = dict(default_factory=default) if default is dict else dict(default=default)
    return dataclasses.field(metadata=facts, **kind)


@dataclasses.dataclass
class Hyperparameters:
    """Settings of one pre-training run; ``max_predictions_per_seq`` follows from two of them."""

    model_name: str = _setting("electra", may_change=True)
    debug: bool = _setting(False, may_change=True)  # a run of seconds: 20 steps of batch 8
    do_train: bool = _setting(True, may_change=True)
    do_eval: bool = _setting(False, may_change=True)  # evaluate once more at the end and write results_txt

    # Losses (paper, sections 2 and 3.1)
    electra_objective: bool = _setting(True, on_card=True)  # false: masked language modelling alone, as BERT
    gen_weight: float = _setting(1.0, at_least=0)  # weight of the generator's masked-LM loss
    # weight of the replaced token detection loss (lambda)
    disc_weight: float = _setting(50.0, at_least=0, on_card=True)
    mask_prob: float = _setting(0.15, above=0, below=1, on_card=True)  # share of tokens that are masked

    # Optimization (paper, appendix A)
    learning_rate: float = _setting(5e-4, above=0, on_card=True)  # the peak, reached at the end of the warm-up
    lr_decay_power: float = _setting(1.0, above=0)  # 1: the learning rate falls linearly to zero
    weight_decay_rate: float = _setting(0.01, at_least=0, on_card=True)  # not on biases and layer norms
    # default: 10% of the run, at most the reference's 10,000
    num_warmup_steps: Optional[int] = _setting(None, at_least=0, may_change=True, on_card=True)

    # Length of the run
    num_train_steps: int = _setting(1000000, at_least=1, may_change=True, on_card=True)
    save_checkpoints_steps: int = _setting(1000, at_least=1, may_change=True)
    keep_checkpoint_max: int = _setting(5, at_least=0, may_change=True)  # 0 keeps all
    num_eval_steps: int = _setting(100, at_least=1, may_change=True)  # batches in one evaluation, at most
    # accepted; steps between two looks at the host matter on TPUs only
    iterations_per_loop: int = _setting(200, at_least=1, may_change=True)

    # Model
    model_size: str = _setting("small", on_card=True)  # "tiny" (ours, for a CPU), "small", "base" or "large"
    model_hparam_overrides: dict = _setting(dict)  # see ENCODER_SETTINGS
    embedding_size: Optional[int] = _setting(None, at_least=1)  # default: 128 for tiny and small, else the hidden size
    vocab_size: int = _setting(30522, at_least=1)
    do_lower_case: bool = True

    # Generator (paper, section 3.2)
    generator_hidden_size: float = _setting(0.25, above=0, on_card=True)  # its width, as a share of the discriminator's
    # its number of layers, as a share of the discriminator's
    generator_layers: float = _setting(1.0, above=0, on_card=True)
    untied_generator: bool = _setting(True, on_card=True)  # false: generator and discriminator are one encoder
    untied_generator_embeddings: bool = False  # true: the generator has token embeddings of its own
    uniform_generator: bool = False  # true: replacements are drawn uniformly from the vocabulary
    disallow_correct: bool = False  # true: the generator never proposes the original token
    temperature: float = _setting(1.0, above=0, on_card=True)  # of the softmax that replacements are drawn from
    # ours: in training, at this share of the masked positions a token that is masked in another example stands in place
    # of the generator's proposal; a draw from the text's own frequencies
    random_replacements: float = _setting(0.0, at_least=0, below=1, on_card=True)

    # Batches
    max_seq_length: int = _setting(128, on_card=True)
    train_batch_size: int = _setting(128, at_least=1, on_card=True)
    eval_batch_size: int = _setting(128, at_least=1, may_change=True)

    # Files; the defaults lie under the data folder
    pretrain_tfrecords: Optional[str] = _setting(None, may_change=True)
    vocab_file: Optional[str] = _setting(None, may_change=True)
    model_dir: Optional[str] = _setting(None, may_change=True)
    results_txt: Optional[str] = _setting(None, may_change=True)

    # Ours
    # masks, samples, dropout and order of examples are functions of (seed, step)
    seed: int = _setting(0, at_least=0, below=2**31, on_card=True)
    # held-out examples; default: valid_tfrecords/ of the data folder
    valid_tfrecords: Optional[str] = _setting(None, may_change=True)
    eval_steps: int = _setting(0, at_least=0, may_change=True)  # evaluate every so many steps; 0: at the end only
    # a line of metrics.jsonl every so many steps; 0: about 200 lines a run, 100 steps at most
    log_steps: int = _setting(0, at_least=0, may_change=True)
    strip_accents: Optional[bool] = None  # of the tokenizer; default: as do_lower_case, as in BERT
    loss_on_all_tokens: bool = True  # false: the discriminator learns from the masked positions only ("ELECTRA 15%")
    # parts that a batch is computed in one by one; the same update
    gradient_accumulation_steps: int = _setting(1, at_least=1, may_change=True)
    # parts of a batch that a CPU computes side by side, each with its share of the cores; the same update; default: 2
    # where there are two cores and PARALLEL_FROM steps or more
    parallel_parts: Optional[int] = _setting(None, at_least=1, may_change=True)
    # 16-bit products on a GPU; default: where capability >= 7.0 makes them fast
    mixed_precision: Optional[bool] = _setting(None, may_change=True)
    # compile the step with XLA before the first one is made, which takes minutes
    xla: bool = _setting(False, may_change=True)
    # start from the weights of this TensorFlow checkpoint, its folder, or exported folders (discriminator, generator)
    init_checkpoint: Optional[str] = _setting(None, on_card=True)
    # start the token embeddings from counts of which pieces stand beside which in the training text; where there is an
    # init_checkpoint, that has them
    embeddings_from_counts: bool = _setting(False, on_card=True)
    # keep the weights with the lowest held-out loss in best/, where eval_steps evaluates often
    keep_best: bool = _setting(True, may_change=True)
    # stop, with a checkpoint, after so many seconds; 0: no limit
    max_seconds: float = _setting(0.0, at_least=0, may_change=True)

    @property
    def max_predictions_per_seq(self) -> int:
        """Most positions that are masked in one example."""
        return min(self.max_seq_length, max(1, int((self.mask_prob + 0.005) * self.max_seq_length)))


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
PARALLEL_FROM = 1000  # steps from which on two halves side by side earn back the longer start of a graph with both
REFERENCE_WARMUP_STEPS = 10000

FIELDS = {field.name: field for field in dataclasses.fields(Hyperparameters)}
MAY_CHANGE = frozenset(name for name, field in FIELDS.items() if field.metadata.get("may_change"))
ON_CARD = tuple(name for name, field in FIELDS.items() if field.metadata.get("on_card"))


def learning_rate(step: Any, hparams: Hyperparameters, minimum: Callable[[Any, Any], Any] = min) -> Any:
    """Learning rate of the update number ``step``, counted from 1: the decay to zero times the linear warm-up.

    ``step`` is a number, or a scalar float32 tensor with ``minimum=tf.minimum``; the rate is of the same kind.
    """
    done = minimum(step, float(hparams.num_train_steps)) / hparams.num_train_steps
    rate = hparams.learning_rate * (1.0 - done) ** hparams.lr_decay_power
    if hparams.num_warmup_steps:
        rate = rate * minimum(step / hparams.num_warmup_steps, 1.0)
    return rate


def halves(examples: int, cores: int) -> int:
    """``parallel_parts`` of a long run on a CPU that computes so many examples at a time on so many cores."""
    return 2 if cores > 1 and examples % 2 == 0 else 1


def resolve(
    settings: Mapping[str, Any], data_dir: Optional[str] = None, model_name: Optional[str] = None
) -> Hyperparameters:
    """Turn ``settings``, a mapping of names to values, into checked :class:`Hyperparameters`.

    Strings are read as the type that the name wants ("false" is false).  Files that are not named
    get their places under ``data_dir``.  Raises TutorialError that names the parameter.
    """
    values = {}
    if model_name is not None:
        values["model_name"] = model_name
    for name, value in settings.items():
        if name in REFUSED:
            harmless, reason = REFUSED[name]
            if value not in (harmless, str(harmless).lower()):
                raise TutorialError(f"hyperparameter {name}: {value!r} is not supported: {reason}")
        elif name not in FIELDS:
            raise TutorialError(f"unknown hyperparameter {name!r}{suggestion(name, FIELDS)}")
        else:
            values[name] = coerce(name, FIELDS[name].type, value)
    if values.get("debug"):
        values = dict(DEBUG_SETTINGS, **values)
    hparams = Hyperparameters(**values)
    _check(hparams)
    _fill_in(hparams, data_dir)
    return hparams


def resolve_in(data_dir: str, model_name: str, settings: Mapping[str, Any]) -> Hyperparameters:
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
        if given is not None and _differ(given, stated):
            raise TutorialError(
                f"{name} is {given} in the hyperparameters and {stated} in {beside}, which the data were built with: "
                "leave it out, or make the vocabulary with it (vocabulary.prepare) and build the data again"
            )
    held_out = os.path.join(data_dir, "valid_tfrecords")
    if os.path.isdir(held_out):
        settings.setdefault("valid_tfrecords", os.path.join(held_out, "pretrain_data.tfrecord*"))
    return resolve(settings, data_dir, model_name)


def _differ(given, stated):
    """Whether two truth values, one of them perhaps in words, are not the same; what is none is told by ``coerce``."""
    try:
        return truth(given) != truth(stated)
    except ValueError:
        return False


def parse(text: str) -> Dict[str, Any]:
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


def as_dict(hparams: Hyperparameters) -> Dict[str, Any]:
    """All hyperparameters by name, ready for hparams.json."""
    return dataclasses.asdict(hparams)


def _check(hparams):
    def require(good, name, rule):
        if not good:
            raise TutorialError(f"hyperparameter {name} must be {rule}, not {getattr(hparams, name)!r}")

    for name, field in FIELDS.items():
        value, facts = getattr(hparams, name), field.metadata
        if value is None or not facts:
            continue
        above, at_least, below = facts["above"], facts["at_least"], facts["below"]
        if above is not None and below is not None:
            require(above < value < below, name, f"between {above} and {below}")
        require(at_least is None or value >= at_least, name, f"at least {at_least}")
        require(above is None or value > above, name, f"above {above}")
        require(below is None or value < below, name, f"below {below}")
    require(hparams.model_size in HIDDEN_SIZE_AND_LAYERS, "model_size", f"one of {', '.join(HIDDEN_SIZE_AND_LAYERS)}")
    if hparams.uniform_generator and not hparams.electra_objective:
        raise TutorialError("uniform_generator without electra_objective leaves nothing to train: set one of them anew")
    for config in (discriminator_config(hparams), generator_config(hparams)):
        check(config)
    longest = discriminator_config(hparams).max_position_embeddings
    require(5 <= hparams.max_seq_length <= longest, "max_seq_length", f"from 5 to {longest} (max_position_embeddings)")
    parts = hparams.gradient_accumulation_steps * (hparams.parallel_parts or 1)
    require(hparams.train_batch_size % parts == 0, "train_batch_size", f"a multiple of {parts} parts")
    name = hparams.model_name
    if not name.isprintable() or name in ("", ".", "..") or os.path.basename(name) != name or len(name.encode()) > 200:
        raise TutorialError(f"model_name {name!r:.300} must be a plain name without slashes")


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
