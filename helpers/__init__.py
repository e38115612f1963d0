"""What the notebooks call.

Every module here imports on Python 3.7 to 3.13 with the standard library, tqdm,
matplotlib and ipywidgets at hand.  Code that imports TensorFlow lives in
``helpers/tf1`` and always runs as a child process (see ``helpers/environment/child.py``).
"""
