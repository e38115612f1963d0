"""The one exception that a user is meant to read."""


class TutorialError(Exception):
    """A user's mistake or a broken machine, in one sentence: what, where, and what to do."""
