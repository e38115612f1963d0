"""Models on the Hugging Face Hub: put one there, and fetch one for comparison.

    python -m helpers.conversion.hub push  data/models/M/discriminator your-name/electra-spanish
    python -m helpers.conversion.hub fetch skimai/electra-small-spanish data/hub/skimai
    python -m helpers.conversion.hub fetch-start google/electra-small data/hub/electra-small

The token that a push needs comes from $HF_TOKEN, from Colab's secrets, or from the Hub's own store (where
``huggingface_hub.login()`` puts it).  It is never an argument, since arguments stay in notebooks and in the
shell's history, and it is never printed or saved.  $HF_ENDPOINT names another Hub than huggingface.co.
"""

import os
import re
import tempfile
from typing import Any, Dict, Mapping, Optional

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.conversion.hub.pickles import tensors
from helpers.conversion.hub.reasons import missing, no_token, reason
from helpers.conversion.hub.tidy import tidy
from helpers.discriminator import Discriminator, load, tokenizer_json

__all__ = [
    "ARTICLES", "VARIABLES", "fetch", "fetch_start", "find_token", "load_if_there", "local_start", "push", "tensors",
]  # fmt: skip

ARTICLES = "skimai/electra-small-spanish"  # the model that the article's authors trained
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
REPO_ID = re.compile(r"[\w.-]+/[\w.-]+$", re.ASCII)
NEEDED = ("README.md", "config.json", "model.safetensors", "vocab.txt")
SHARED = ("*.json", "*.txt", "*.md", "*.safetensors", "*.bin")  # what a pushed folder may hold
WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")  # the first that is there is taken
TOKENIZERS = ("vocab.txt", tokenizer_json.FILE)
MANIFEST = "hub.json"  # which model a fetched folder holds
SETTINGS_FILES = ("tokenizer_config.json", "special_tokens_map.json")


def push(folder: str, repo_id: str, private: bool = True) -> str:
    """Put an exported or fine-tuned ``folder`` on the Hub as the model ``repo_id`` ("name/model").

    A model that is not there yet is made, ``private`` unless that is False.  Returns the model's address.
    Raises TutorialError when the folder is not whole, there is no token, or the Hub refuses.
    """
    _check_name(repo_id)
    for name in NEEDED:
        if not os.path.isfile(os.path.join(folder, name)):
            raise TutorialError(f"{folder} has no {name}: it is no exported or fine-tuned model")
    hub = _library()
    token = find_token()
    if not token:
        raise TutorialError(f"the Hub wants a token with the right to write: {no_token()}")
    api = hub.HfApi(token=token)
    try:
        api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id, folder_path=folder, allow_patterns=list(SHARED), commit_message="Model, tokenizer and card"
        )
    except Exception as error:
        why = reason(error, token, repo_id, api.endpoint, write=True)
        raise TutorialError(f"{repo_id} could not be put on the Hub: {why}") from None
    return f"{api.endpoint}/{repo_id}"


def fetch(repo_id: str, folder: str, revision: Optional[str] = None, patience: Optional[float] = None) -> str:
    """Fetch a pre-trained ELECTRA from the Hub into ``folder``, ready for ``discriminator.load``.

    Weights that are there only as a pickle are read by a reader that makes tensors and nothing else, and
    written as model.safetensors.  A vocabulary that is there only inside tokenizer.json is written as vocab.txt.  What
    the Hub does not say about the tokenizer is told by the vocabulary.  A folder that was fetched before is taken as it
    is.  ``revision`` names a branch or commit; after ``patience`` seconds without an answer the Hub counts as out of
    reach.  Returns the folder; TutorialError when the Hub cannot be reached, or the model is none that we can read.
    """
    _check_name(repo_id)
    wanted = dict(repo_id=repo_id, revision=revision or "main")
    if _is_there(folder, wanted):
        return folder
    with files.write_folder_aside(folder) as aside:
        commit = _fetch_into(aside, repo_id, "discriminator", "", revision, patience)
        files.write_json(os.path.join(aside, MANIFEST), dict(wanted=wanted, commit=commit))
    return folder


def fetch_start(name: str, folder: str, revision: Optional[str] = None, patience: Optional[float] = None) -> str:
    """Fetch both halves of a pre-trained ELECTRA, for a run that starts from them (``init_checkpoint``).

    ``name`` is a model "owner/name" that holds discriminator/ and generator/, or whose halves are "owner/name" or
    "owner/name-discriminator", and "owner/name-generator", as the authors' own are.  Writes ``folder``/discriminator
    and, where there is one, ``folder``/generator, as :func:`fetch` does; a printed sentence says where there is none.
    Returns the folder.  Raises TutorialError where the discriminator cannot be fetched.
    """
    _check_name(name)
    wanted = dict(start=name, revision=revision or "main")
    if _is_there(folder, wanted):
        return folder
    base = re.sub("-(discriminator|generator)$", "", name)
    commits: Dict[str, Any] = {}
    with files.write_folder_aside(folder) as aside:
        for half in ("discriminator", "generator"):
            places = [(name, half), (f"{base}-{half}", "")]
            if half == "discriminator" and name != places[1][0]:
                places.append((name, ""))
            missing = None
            for repo_id, under in places:
                try:
                    into = os.path.join(aside, half)
                    commits[half] = _fetch_into(into, repo_id, half, under, revision, patience)
                    break
                except NotThere as error:
                    missing = missing or error
            if half not in commits:
                if half == "discriminator":
                    raise missing
                print(f"{name} has no generator on the Hub: a run that starts from it begins with a fresh one.")
        files.write_json(os.path.join(aside, MANIFEST), dict(wanted=wanted, commits=commits))
    return folder


def local_start(hparams: Mapping[str, Any], data_dir: str) -> Dict[str, Any]:
    """``hparams`` with an ``init_checkpoint`` that lies on this machine: a model of the Hub is fetched into
    ``data_dir``/hub (see :func:`fetch_start`), anything else stays as it is.
    """
    name = hparams.get("init_checkpoint")
    here = not name or os.path.exists(name) or os.path.exists(f"{name}.index")
    if here or not REPO_ID.match(name) or name.startswith("."):
        return dict(hparams)
    try:
        folder = fetch_start(name, os.path.join(data_dir, "hub", name.replace("/", "-")))
    except TutorialError as error:
        raise TutorialError(f"init_checkpoint {name} is no path on this machine, and as a model on the Hub: {error}")
    return dict(hparams, init_checkpoint=folder)


class NotThere(TutorialError):
    """The Hub has no such model, or not that half of it."""


def _is_there(folder, wanted):
    """Whether ``folder`` was fetched before; TutorialError where it holds anything else."""
    manifest = os.path.join(folder, MANIFEST)
    if files.read_json(manifest, {}).get("wanted") == wanted:
        print(f"Up to date: {folder}.")
        return True
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)) and not os.path.isfile(manifest):
        raise TutorialError(f"{folder} holds something that was not fetched from the Hub: choose another folder")
    return False


def _fetch_into(folder, repo_id, half, under, revision, patience):
    """Fetch the ``half`` of a model that lies in its folder ``under`` ("": at the top); returns the commit."""
    hub = _library()
    token = find_token()
    api = hub.HfApi(token=token or False)
    try:
        about = api.model_info(repo_id, revision=revision, timeout=patience)
        there = {sibling.rfilename for sibling in about.siblings}
        place = f"{under}/" if under else ""
        weights = next((name for name in WEIGHTS_FILES if place + name in there), None)
        tokenizer = next((name for name in TOKENIZERS if place + name in there), None)
        if weights is None or tokenizer is None or f"{place}config.json" not in there:
            raise NotThere(
                f"{repo_id} has no {place}config.json, vocab.txt or tokenizer.json, and weights of PyTorch: it is no "
                "model that can be read here"
            )
        os.makedirs(folder, exist_ok=True)
        names = ("config.json", weights, tokenizer) + SETTINGS_FILES
        _download(hub, repo_id, names, place, about.sha, folder, token)
    except TutorialError:
        raise
    except Exception as error:
        why = reason(error, token, repo_id, api.endpoint, write=False)
        kind = NotThere if missing(error) else TutorialError
        raise kind(f"{repo_id} could not be fetched from the Hub: {why}") from None
    tidy(folder, weights, repo_id, half)
    return about.sha


def load_if_there(repo_id: str, folder: str, patience: float = 10) -> Optional[Discriminator]:
    """The discriminator ``repo_id`` of the Hub, by way of ``folder`` (see :func:`fetch`); None where it cannot be had.

    A printed sentence says why, and what helps.  ``repo_id`` "" is no model, and nothing is said.
    """
    if not repo_id:
        return None
    try:
        return load(fetch(repo_id, folder, patience=patience))
    except TutorialError as error:
        print(f"There is nothing to compare with: {error}.")
        return None


def find_token() -> Optional[str]:
    """The user's token, or None; do not show it."""
    for name in VARIABLES:
        if os.environ.get(name, "").strip():
            return os.environ[name].strip()
    hub = _library()
    stored = hub.get_token if hasattr(hub, "get_token") else hub.HfFolder.get_token
    return stored()


def _download(hub, repo_id, names, place, revision, folder, token):
    """Files of a model under ``place``, those that are there, into ``folder``, without huggingface_hub's own marks."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        found = hub.snapshot_download(
            repo_id, revision=revision, cache_dir=cache, allow_patterns=[place + name for name in names],
            token=token or False,
        )  # fmt: skip
        for name in names:
            path = os.path.realpath(os.path.join(found, place + name))
            if os.path.isfile(path):
                os.replace(path, os.path.join(folder, name))


def _check_name(repo_id):
    if not isinstance(repo_id, str) or not REPO_ID.match(repo_id):
        raise TutorialError(f'a model on the Hub is named "owner/name", not {repo_id!r}')


def _library():
    try:
        import huggingface_hub
    except ImportError:
        raise TutorialError("sharing a model needs huggingface_hub: pip install huggingface_hub, or run `make env`")
    return huggingface_hub
