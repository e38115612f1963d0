"""Files that are either whole or not there, and the manifest that says what made them."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile

CHUNK_BYTES = 1 << 20


@contextlib.contextmanager
def write_aside(path, mode="w", **open_arguments):
    """Open a temporary neighbour of ``path`` and rename it to ``path`` when the block ends well.

    Text is UTF-8 with ``\\n`` line ends unless ``open_arguments`` say otherwise.  When the block
    raises, ``path`` is left as it was and the temporary file is removed.
    """
    path = os.fspath(path)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    if "b" not in mode:
        open_arguments.setdefault("encoding", "utf-8")
        open_arguments.setdefault("newline", "\n")
    aside = "%s.tmp-%d" % (path, os.getpid())
    try:
        with open(aside, mode, **open_arguments) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(aside)


@contextlib.contextmanager
def write_folder_aside(folder):
    """Give an empty neighbour of ``folder``, and put it in ``folder``'s place when the block ends well."""
    folder = os.path.abspath(os.fspath(folder))
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    aside = tempfile.mkdtemp(prefix=os.path.basename(folder) + ".tmp-", dir=os.path.dirname(folder))
    os.chmod(aside, 0o755)
    try:
        yield aside
        if os.path.isdir(folder):
            # The old folder steps aside under a name that a crash between the two renames leaves findable.
            retired = aside + ".old"
            os.rename(folder, retired)
            os.rename(aside, folder)
            shutil.rmtree(retired)
        else:
            os.rename(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def sha256(path):
    """Hex digest of a file's content, read in constant memory."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            digest.update(chunk)
    return digest.hexdigest()


def read_json(path, default=None):
    """The object in a JSON file, or ``default`` when there is no such file or it is not JSON."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return default


def write_json(path, value):
    """Write ``value`` as indented JSON, aside and renamed."""
    with write_aside(path) as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def fingerprint(path):
    """Size and modification time of a file: what tells in no time that it has not changed.

    A step records the sha256 of small inputs and the fingerprint of large ones.
    """
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns]
