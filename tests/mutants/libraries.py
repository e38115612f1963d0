"""The large libraries that tests import, for a process that their runs are forked from: each starts in half the time.

Nothing of the project is imported, since every run reads a copy of its own.
"""

import contextlib
import gc
import importlib
import os
import warnings

NAMES = "pytest hypothesis scipy.stats matplotlib.figure IPython sklearn.metrics tensorflow torch transformers"

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # see tests/conftest.py
os.environ.setdefault("HF_ENDPOINT", "http://127.0.0.1:9")  # see there
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # see helpers/pretraining/network/runtime.py
os.environ.setdefault("USE_TF", "0")  # see helpers/discriminator/loading.py

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow 1.15 meets NumPy's announcements
    for name in NAMES.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
gc.collect()
gc.freeze()  # no run looks for garbage among all this, which would also copy its pages
