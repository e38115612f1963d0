"""Why the Hub did not do what was asked of it, and what helps: one sentence for each cause, never with a token."""

import re
from typing import Any, List, Optional

from helpers.base.errors import explain, hub_login

LONGEST = 300  # characters of what a library says


def no_token() -> str:
    """What to do where the Hub wants a token and there is none."""
    return f"set HF_TOKEN (on Colab under Secrets, the key at the left), or run `{hub_login()}` in a terminal"


def reason(error: BaseException, token: Optional[str], repo_id: str, endpoint: str, write: bool) -> str:
    """The cause of an ``error`` that huggingface_hub raised, and its remedy.

    ``token`` is the one that was used, or None; ``write`` says whether the model was to be put there, or fetched.
    """
    chain = _chain(error)
    response, status = _answer(chain)
    names = {type(each).__name__ for each in chain}
    machine = explain(error)
    if status is not None and status >= 400:
        said = _of_status(status, response, names, token, repo_id, endpoint, write)
    elif names & {"OfflineModeIsEnabled"}:
        said = "HF_HUB_OFFLINE is set, which forbids the network: unset it"
    elif names & {"SSLError", "SSLCertVerificationError"} or "CERTIFICATE_VERIFY_FAILED" in str(error):
        said = (
            f"the certificate of {endpoint} is not to be trusted: a network that wants a login, or a proxy, stands "
            "between; open a page in the browser and log in, or set REQUESTS_CA_BUNDLE to the proxy's certificate"
        )
    elif _is_page(chain, response, names):
        said = (
            f"what answers at {endpoint} is not the Hub but some page: in a network that wants a login open a page in "
            "the browser and log in, and correct HF_ENDPOINT if it is set"
        )
    elif machine:
        said = machine
    elif _is_network(chain, names):
        said = (
            f"{endpoint} cannot be reached: is there a network? (a proxy is named with HTTPS_PROXY); then do it again"
        )
    else:
        said = _cut(str(error), token) or type(error).__name__
    return said.replace(token, "***") if token else said


def missing(error: BaseException) -> bool:
    """Whether the Hub answered that there is no such model; to those without a token it says so by 401."""
    response, status = _answer(_chain(error))
    code = response.headers.get("X-Error-Code", "") if response is not None else ""
    return status in (401, 404) and code not in ("GatedRepo", "RevisionNotFound")


def _answer(chain):
    """The response in a chain of errors, and its status; None where there is none."""
    response = next((each.response for each in chain if getattr(each, "response", None) is not None), None)
    return response, getattr(response, "status_code", None)


def _cut(text: str, token: Optional[str]) -> str:
    """What a library or a server says, in one line and not too long; without the token, also where the cut is."""
    return " ".join((text.replace(token, "***") if token else text).split())[:LONGEST]


def _of_status(status, response, names, token, repo_id, endpoint, write) -> str:
    settings = f"{endpoint}/settings/tokens"
    owner = repo_id.split("/")[0]
    code = response.headers.get("X-Error-Code", "")
    if "RevisionNotFoundError" in names or code == "RevisionNotFound":
        return "it has no such revision: correct --revision, or leave it out"
    if code == "GatedRepo" or "GatedRepoError" in names:
        return f"those who ask get it ({status}): accept its terms at {endpoint}/{repo_id}, and {no_token()}"
    if status == 401 and token:
        return (
            f"the Hub does not know the token, or it has run out (401): make a new one at {settings}, and {no_token()}"
        )
    if status in (401, 404) and not write:
        hidden = "the token may not read it" if token else f"it is private: then {no_token()}"
        return f"there is no such model ({status}): correct its name, unless {hidden}"
    if status == 401:
        return f"the Hub wants a token with the right to write (401): {no_token()}"
    if status == 403:
        may = f"write to {owner}'s models" if write else "read it"
        return f"the token may not {may} (403): give it that right at {settings}" + (
            ", or choose a name of your own" if write else ""
        )
    if status == 404:
        return f"there is no {owner} on the Hub, or no such model (404): correct the name"
    if status == 429:
        stated = str(response.headers.get("Retry-After", ""))
        wait = f"{stated} seconds" if stated.isdigit() else "some minutes"
        return f"too much was asked of the Hub (429): wait {wait}, then do it again"
    if status >= 500:
        return f"the Hub is out of order ({status}): do it again later; https://status.huggingface.co says how it is"
    return _cut(str(response.text), token) or f"it answers {status}"


def _chain(error: BaseException) -> List[Any]:
    """An error and those that it came from."""
    found: List[Any] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _is_page(chain, response, names) -> bool:
    """Whether an HTML page, or a way to one, came in place of the Hub's JSON."""
    kind = str(getattr(response, "headers", {}).get("Content-Type", "")) if response is not None else ""
    return "html" in kind or "JSONDecodeError" in names or any(re.search("redirect", str(each), re.I) for each in chain)


def _is_network(chain, names) -> bool:
    known = {"ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "Timeout", "ProxyError", "gaierror"}
    known |= {"RemoteProtocolError", "ReadError", "LocalEntryNotFoundError", "TimeoutError", "NewConnectionError"}
    return bool(names & known) or any(isinstance(each, (ConnectionError, TimeoutError)) for each in chain)
