"""Google Drive, as far as a notebook sees it: a folder that survives the machine."""

import os


def mount(mountpoint, force_remount=False, timeout_ms=120000):
    """Make the folder ``mountpoint/MyDrive``, and say what Colab says."""
    os.makedirs(os.path.join(mountpoint, "MyDrive"), exist_ok=True)
    print("Mounted at %s" % mountpoint)


def flush_and_unmount(timeout_ms=86400000):
    """Nothing is left to be written here."""
