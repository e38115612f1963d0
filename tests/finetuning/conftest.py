"""A pre-trained model that tests of fine-tuning share within a file: tiny, its weights random."""

import pytest

from helpers.discriminator import loading


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The folder of an exported discriminator."""
    import tiny_export

    return tiny_export.make(tmp_path_factory.mktemp("export") / "m" / "discriminator")


@pytest.fixture(scope="module")
def encoder(model):
    """What turns its text into tokens."""
    return loading.load_encoder(model)
