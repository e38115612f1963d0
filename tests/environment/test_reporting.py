"""helpers/environment/reporting.py: what a log is told."""

import pytest

from helpers.base.errors import TutorialError
from helpers.environment import reporting


def test_a_log_is_not_told_that_a_failed_environment_is_done(capfd):
    with pytest.raises(TutorialError), reporting.reporter("Environment x") as report:
        report.start("Creating the environment")
        raise TutorialError("no Python")
    assert "Environment x:" not in "".join(capfd.readouterr())
    with reporting.reporter("Environment x") as report:
        report.start("Creating the environment")
    assert "Environment x:" in "".join(capfd.readouterr())
