"""The large libraries that tests import, for a process that their runs are forked from: each starts in half the time.

Nothing of the project is imported, since every run reads a copy of its own.
"""

import contextlib
import importlib
import os
import warnings

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # see tests/conftest.py
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # see helpers/pretraining/network/runtime.py

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow 1.15 meets NumPy's announcements
    for name in ("pytest", "hypothesis", "scipy.stats", "matplotlib.figure", "sklearn.metrics", "tensorflow", "torch"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
