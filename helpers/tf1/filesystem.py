"""The one place where the data builder and the record reader touch files.

A path with a scheme (``gs://…``, ``hdfs://…``) goes through TensorFlow's gfile, which is imported
only then; any other path is a plain local file and TensorFlow is never loaded.
"""

import fnmatch
import os


def is_remote(path):
    """True when ``path`` names a file system that only gfile reaches."""
    return "://" in path


def _gfile():
    from tensorflow.compat.v1 import gfile

    return gfile


def open_file(path, mode="rb"):
    """A binary file object for ``path``; ``mode`` is "rb", "wb" or "ab"."""
    return _gfile().GFile(path, mode) if is_remote(path) else open(path, mode)


def file_size(path):
    """Size of a file in bytes."""
    return _gfile().Stat(path).length if is_remote(path) else os.path.getsize(path)


def list_files(folder, pattern="*"):
    """Sorted names of the plain files in ``folder`` that match ``pattern`` (shell style, case matters)."""
    if is_remote(folder):
        names, is_folder = _gfile().ListDirectory(folder), _gfile().IsDirectory
    else:
        names, is_folder = os.listdir(folder), os.path.isdir
    names = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    return sorted(name for name in names if not is_folder(os.path.join(folder, name)))


def folder_exists(folder):
    """True when ``folder`` is there and is a folder."""
    return _gfile().IsDirectory(folder) if is_remote(folder) else os.path.isdir(folder)
