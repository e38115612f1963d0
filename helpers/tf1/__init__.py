"""TensorFlow programs, run as ``python -m helpers.tf1.<module>`` in the TensorFlow environment.

The same code runs on TensorFlow 1.15 and, unchanged, on TensorFlow 2.20.
"""
