"""Models on the Hugging Face Hub: put one there, and fetch one for comparison.

    python -m helpers.conversion.hub push  data/models/M/discriminator your-name/electra-spanish
    python -m helpers.conversion.hub fetch skimai/electra-small-spanish data/hub/skimai

The token that a push needs comes from $HF_TOKEN, from Colab's secrets, or from the Hub's own store (``hf auth login``,
``huggingface-cli login`` in its older form).  It is never an argument, since arguments stay in notebooks and in the
shell's history, and it is never printed or saved.  $HF_ENDPOINT names another Hub than huggingface.co.
"""

import os
import re
import tempfile
from typing import Any, Optional

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.conversion.hub.pickles import tensors
from helpers.conversion.hub.reasons import no_token, reason
from helpers.conversion.hub.tidy import tidy
from helpers.discriminator import Discriminator, load, tokenizer_json

__all__ = ["ARTICLES", "VARIABLES", "fetch", "find_token", "load_if_there", "push", "tensors"]

ARTICLES = "skimai/electra-small-spanish"  # the model that the article's authors trained
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
REPO_ID = re.compile(r"[\w.-]+/[\w.-]+$", re.ASCII)
NEEDED = ("README.md", "config.json", "model.safetensors", "vocab.txt")
SHARED = ("*.json", "*.txt", "*.md", "*.safetensors", "*.bin")  # what a pushed folder may hold
WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")  # the first that is there is taken
TOKENIZERS = ("vocab.txt", tokenizer_json.FILE)
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
    manifest = os.path.join(folder, "hub.json")
    if files.read_json(manifest, {}).get("wanted") == wanted:
        print(f"Up to date: {folder}.")
        return folder
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)) and not os.path.isfile(manifest):
        raise TutorialError(f"{folder} holds something that was not fetched from the Hub: choose another folder")
    hub = _library()
    token = find_token()
    api = hub.HfApi(token=token or False)
    with files.write_folder_aside(folder) as aside:
        try:
            about = api.model_info(repo_id, revision=revision, timeout=patience)
            there = {sibling.rfilename for sibling in about.siblings}
            weights = next((name for name in WEIGHTS_FILES if name in there), None)
            tokenizer = next((name for name in TOKENIZERS if name in there), None)
            if weights is None or tokenizer is None or "config.json" not in there:
                raise TutorialError(
                    f"{repo_id} has no config.json, vocab.txt or tokenizer.json, and weights of PyTorch: it is no "
                    "model that can be read here"
                )
            _download(hub, repo_id, ("config.json", weights, tokenizer) + SETTINGS_FILES, about.sha, aside, token)
        except TutorialError:
            raise
        except Exception as error:
            why = reason(error, token, repo_id, api.endpoint, write=False)
            raise TutorialError(f"{repo_id} could not be fetched from the Hub: {why}") from None
        tidy(aside, weights, repo_id)
        files.write_json(os.path.join(aside, "hub.json"), dict(wanted=wanted, commit=about.sha))
    return folder


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


def _download(hub: Any, repo_id: str, names: Any, revision: str, folder: str, token: Optional[str]) -> None:
    """Files of a model, those that are there, into ``folder``, without the marks that huggingface_hub leaves."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        found = hub.snapshot_download(
            repo_id, revision=revision, cache_dir=cache, allow_patterns=list(names), token=token or False
        )
        for name in names:
            path = os.path.realpath(os.path.join(found, name))
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
