"""What requirements ask for, what an interpreter has, and pip filling the gap.

Standard library only: this runs before anything is installed.  Requirements files here use exact names
and the comparisons ``== != < <= > >=``; locks are made by ``make lock``.
"""

import collections
import glob
import json
import operator
import os
import re
import subprocess
import threading
import time
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter

POLL_SECONDS = 0.25
ISOLATED = ("-I",)  # neither PYTHONPATH nor the user's own site-packages may leak in
PROBE_SECONDS = 60

# Runs in the interpreter that is looked at, whatever its version: prints a JSON object.
PROBE = """
import json, os, platform, sys
try:
    from importlib import metadata
except ImportError:
    try:
        import importlib_metadata as metadata
    except ImportError:
        metadata = None
def version(name):
    try:
        return metadata.version(name)
    except Exception:
        return None
def importable(name):
    try:
        __import__(name)
        return True
    except Exception:
        return False
print(json.dumps({
    "python": "%d.%d.%d" % sys.version_info[:3],
    "machine": platform.machine(),
    "bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "pypy": platform.python_implementation() != "CPython",
    "venv": importable("venv") and importable("ensurepip") and importable("ssl") and importable("zlib"),
    "versions": {name: version(name) for name in sys.argv[1:]} if metadata else {},
}))
"""

_COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def release(version: str) -> Tuple[int, ...]:
    """The numbers of a version without trailing zeros, to compare by: ``"1.15.0+nv"`` → ``(1, 15)``."""
    numbers = [int(number) for number in re.match(r"\d+(?:\.\d+)*", version).group().split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, specifier: str) -> bool:
    """Whether a version is within a specifier such as ``">=1.16,<1.19"``; an empty one allows all."""
    for part in filter(None, (part.strip() for part in specifier.split(","))):
        comparison, wanted = re.match(r"(==|!=|<=|>=|<|>)\s*(\S+)$", part).groups()
        if not _COMPARISONS[comparison](release(version), release(wanted)):
            return False
    return True


def requirements(path: str, core: bool = False) -> List[Tuple[str, str]]:
    """The lines of a requirements file as ``[(name, specifier), …]``, comments and markers dropped.

    ``core`` takes its first paragraph alone: what training and use need, without notebooks and tests.
    """
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*([^;#\\]*)", line)
            if match:
                found.append((match.group(1), match.group(2).strip()))
            elif core and found and not line.strip():
                break
    return found


def lacking(path: str, versions: Mapping[str, Optional[str]], core: bool = False) -> List[str]:
    """What of a requirements file ``versions`` (name → version or None) does not satisfy, as text."""
    missing = []
    for name, specifier in requirements(path, core):
        version = versions.get(name)
        if version is None:
            missing.append(name)
        elif not satisfies(version, specifier):
            missing.append(f"{name}{specifier} (is {version})")
    return missing


def probe(python: str, names: Sequence[str] = ()) -> Optional[Dict[str, Any]]:
    """What the interpreter ``python`` says of itself (see ``PROBE``), or None when it does not really run.

    A pyenv shim, for one, is an executable that runs only where a version has been chosen.
    """
    try:
        ran = subprocess.run(
            [python, *ISOLATED, "-c", PROBE, *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
        )
        return json.loads(ran.stdout.decode("utf-8")) if ran.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def installed_versions(names: Iterable[str]) -> Dict[str, Optional[str]]:
    """Versions of distributions in the running interpreter, by their metadata, nothing imported."""
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        try:
            import importlib_metadata as metadata
        except ImportError:
            return dict.fromkeys(names)
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def lock_entries(lock: str) -> List[Tuple[str, str]]:
    """The pins of a lock file, ``[(name, whole entry with its hashes), …]``; a name may have one for each Python."""
    with open(lock, encoding="utf-8") as file:
        entries = re.findall(r"^[A-Za-z0-9](?:[^\n]*\\\n)*[^\n]*", file.read(), flags=re.MULTILINE)
    return [(re.match(r"[A-Za-z0-9._-]+", entry).group(), entry) for entry in entries]


_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|NameResolutionError"
)


def last_words(lines: Iterable[str]) -> str:
    """The line of pip's or uv's output that says why it failed, at most 300 characters."""
    lines = list(lines)
    if any("WARNING: Retrying" in line and _UNREACHABLE.search(line) for line in lines):
        return "the package index cannot be reached: check the network, the proxy and pip's configuration"
    errors = [line for line in lines if line.startswith("ERROR:") and "Ignored the following" not in line]
    errors = [line for line in lines if "Failed to download" in line][:1] or errors  # uv; then come the causes' causes
    return re.sub("^(ERROR|Caused by): ", "", (errors or lines or ["no reason given"])[-1].strip())[:300]


def run(
    command: Sequence[str],
    what: str,
    watch: Optional[Callable[[Optional[str]], None]] = None,
    environment: Optional[Mapping[str, str]] = None,
) -> None:
    """Run a command without a word on the screen; TutorialError with its last words when it fails.

    ``watch(line)`` sees each line of its output, and ``watch(None)`` is called between lines.
    """
    settings = dict(os.environ, PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUNBUFFERED="1")
    settings.pop("PIP_REQUIRE_VIRTUALENV", None)
    settings.update(environment or {})
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=settings,
            close_fds=False,  # the lock of helpers/environment/venvs.py is held on, should this process be killed first
        )
    except OSError as error:
        raise TutorialError(f"{what} failed: {command[0]} cannot be started ({error.strerror}).")
    tail, fresh = collections.deque(maxlen=50), collections.deque()

    def read():
        for line in iter(process.stdout.readline, b""):
            tail.append(line.decode("utf-8", "replace").rstrip())
            fresh.append(tail[-1])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while reader.is_alive() or fresh:
            while fresh:
                line = fresh.popleft()
                if watch:
                    watch(line)
            if watch:
                watch(None)
            reader.join(POLL_SECONDS)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code:
        raise TutorialError(f"{what} failed: {last_words(tail)}")


def site_packages(python: str) -> Optional[str]:
    """The site-packages folder of an environment, by its interpreter's path, or None."""
    found = glob.glob(os.path.join(os.path.dirname(os.path.dirname(python)), "lib", "python3*", "site-packages"))
    return found[0] if found else None


def pip_install(
    python: str, arguments: Sequence[str], report: Reporter, total: Optional[int] = None, what: str = "packages"
) -> float:
    """``pip install`` in an environment.

    Parameters
    ----------
    python : str
        The environment's interpreter.
    arguments : list of str
        What pip is to install, and how.
    report : helpers.base.events.Reporter
        Sees two stretches: packages fetched, then packages installed.
    total : int, optional
        How many packages there are, for the bar.
    what : str
        What they are, for the bar.
    """
    folder = site_packages(python)

    def installed():
        return len(glob.glob(os.path.join(glob.escape(folder), "*.dist-info"))) if folder else 0

    state = {"before": installed(), "shown": 0, "installing": False, "now": ""}

    def watch(line):
        if line is None:
            pass
        elif line.startswith(("Collecting ", "Processing ")):
            state["now"] = re.split(r"[=<>-]", os.path.basename(line.split()[1]))[0]
            if not state["installing"]:
                report.advance(1, now=state["now"])
        elif line.lstrip().startswith("Downloading"):
            size = re.search(r"\(.+?\)", line)  # pip's words: Downloading NAME (412.3 MB)
            state["now"] = f"{state['now'].split(' ')[0]} {size.group() if size else ''}"
        elif line.startswith("Installing collected packages"):
            state["installing"] = True
            report.start(f"Installing {what}", total=line.count(",") + 1)
        if state["installing"]:
            new = installed() - state["before"] - state["shown"]
            if new > 0:
                state["shown"] += new
                report.advance(new)
        elif line is None:
            report.advance(0, now=state["now"])  # a large download shows its name and that time goes on

    report.start(f"Fetching {what}", total=total)
    command = [
        python,
        *ISOLATED,
        "-m",
        "pip",
        "install",
        "--progress-bar",
        "off",
        "--no-warn-script-location",
        "--no-compile",
    ]
    started = time.time()
    run(command + list(arguments), f"Installing {what} with pip", watch)
    return time.time() - started


def compile_all(python: str, report: Reporter) -> None:
    """Compile an environment's packages on all processors, so that whatever imports TensorFlow starts sooner.

    Left to the first import it would take longer, and where PYTHONDONTWRITEBYTECODE is set, as in many
    containers, every process would compile all that it imports, for two to five seconds.
    """
    report.start("Compiling packages")
    # Some packages carry files for other Pythons; one that does not compile is no fault.  Nobody imports the tests.
    code = "; ".join(
        [
            "import compileall, re, sysconfig",
            "folder = sysconfig.get_path('purelib')",
            "tests = re.compile(re.escape(folder) + '.*/tests?/')",  # not a folder above it, wherever the project lies
            "compileall.compile_dir(folder, quiet=2, workers=0, rx=tests)",
        ]
    )
    run([python, *ISOLATED, "-c", code], "Compiling packages", watch=lambda line: report.advance(0))
