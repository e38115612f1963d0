"""What is written aside reaches the disk, or is said not to have."""

import errno
import os
import threading

import pytest

from helpers.base import errors, files
from helpers.base.errors import TutorialError


@pytest.fixture
def syncs(monkeypatch):
    """For each time something was brought to the disk, whether by the main thread; ``fsync.error`` is for another."""
    seen, main = [], threading.current_thread()

    def fsync(descriptor):
        seen.append(threading.current_thread() is main)
        if fsync.error and not seen[-1]:
            error, fsync.error = fsync.error, None
            raise error

    fsync.error = None
    monkeypatch.setattr(files, "SECONDS_TO_DISK", 0.01)
    monkeypatch.setattr(os, "fsync", fsync)
    return seen, fsync


def write(folder, until):
    with files.write_folder_aside(folder) as aside:
        with open(os.path.join(aside, "part"), "w") as file:
            file.write("text")
        while not until():
            threading.Event().wait(0.01)


def test_a_folder_goes_to_the_disk_while_it_is_filled_and_once_more_at_the_end(tmp_path, syncs):
    seen, _ = syncs
    write(tmp_path / "made", until=lambda: len(seen) > 2)
    assert not any(seen[:-1]) and seen[-1]
    assert (tmp_path / "made" / "part").read_text() == "text"


def test_a_write_that_failed_on_its_way_to_the_disk_is_said(tmp_path, syncs):
    seen, fsync = syncs
    fsync.error = OSError(errno.EIO, "the disk is broken")
    with pytest.raises(OSError, match="the disk is broken"):
        write(tmp_path / "made", until=lambda: len(seen) > 2)
    assert not os.listdir(tmp_path)


def test_an_empty_path_is_not_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("years")
    monkeypatch.chdir(tmp_path)
    for writing in (files.write_folder_aside, files.write_aside):
        with pytest.raises(TutorialError, match="the path of what is to be written is empty"):
            with writing(""):
                pass
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_file_in_the_place_of_a_folder_is_said_of_itself(tmp_path):
    with pytest.raises(IsADirectoryError) as error:
        files.write_json(str(tmp_path), {})
    assert error.value.filename == str(tmp_path) and not os.listdir(tmp_path)
    assert errors.explain(error.value).endswith("Is a directory; name a file, not a folder, and run it again")
