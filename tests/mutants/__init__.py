"""Faults that a careless change makes, one by one, each with the tests that must notice it: see ``table.py``."""
