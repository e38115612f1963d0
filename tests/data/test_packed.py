"""Packed files as programs make them: folders and links among the members, padding, any order, a password."""

import gzip
import io
import tarfile
import zipfile

import pytest

from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import as_blocks
from helpers.data.corpus.text import BadContent


def read(data, name):
    return [line for batch in formats.read([data], name, Tally()) for line in batch]


def zipped(names):
    """An archive in which each member says its own name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, f"Soy {name}.\n")
    return buffer.getvalue()


def test_folders_and_links_of_a_tar_archive_are_no_files():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("texts", tarfile.DIRTYPE), ("texts/a.txt", None), ("texts/b.txt", tarfile.SYMTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind or tarfile.REGTYPE, "gone.txt" if kind == tarfile.SYMTYPE else ""
            entry.size = 0 if kind else len(b"Hola.\n")
            archive.addfile(entry, io.BytesIO(b"Hola.\n"))
    assert read(buffer.getvalue(), "texts.tar") == ["Hola."]


def test_members_of_a_zip_archive_come_in_the_order_of_their_names():
    """The text, and with it all that is drawn from it, does not depend on the program that packed it."""
    assert read(zipped(["b.txt", "c/", "a.txt"]), "a.zip") == ["Soy a.txt.", "", "Soy b.txt."]


def test_a_zip_archive_with_a_password_is_refused_with_a_remedy():
    data = bytearray(zipped(["a.txt"]))
    data[6] |= 1  # the member's own header, and its entry in the directory
    data[data.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(BadContent, match=r"^a\.zip is locked with a password: unpack it"):
        read(bytes(data), "a.zip")


def test_zeros_between_and_behind_members_of_a_gzip_file_are_padding():
    parts = [gzip.compress(f"{word}.\n".encode("ascii")) for word in ("Hola", "Adios")]
    assert read((b"\0" * 99).join(parts) + b"\0" * 512, "a.gz") == ["Hola.", "Adios."]


def test_lines_pass_once_and_in_order_however_many_there_are():
    lines = [str(number) for number in range(25)]
    for count in (1, 5, 24, 25, 26):
        assert b"".join(as_blocks(lines, count)).decode("ascii").splitlines() == lines
