"""What fine-tuning learns from, to the last token: long words, texts that just fit, scores in units of their own."""

import os
import shutil
import statistics

import pytest

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


from helpers.base import files, progress
from helpers.discriminator import loading, tokenizer_json
from helpers.finetuning import metrics, networks, training
from helpers.finetuning.batches import Featurizer, tensors
from helpers.finetuning.tasks import SCORES, SENTENCES, TOKENS, Example, task


def test_a_word_of_more_pieces_than_are_read_at_once_is_cut(encoder):
    made = Featurizer(encoder, TOKENS, ["A"], max_length=5)
    features, _ = made.features([Example(("perrossss", "pan"), ("A", "A"))])
    assert [len(feature.ids) for feature in features] == [5, 3] and [f.places for f in features] == [[1], [1]]


def test_a_text_that_just_fits_is_not_cut(encoder):
    made = Featurizer(encoder, SENTENCES, ["0", "1"], max_length=6)
    for text, length, cut in (("pan agua casa y", 6, 0), ("pan agua casa y no", 6, 1)):
        (feature,), _ = made.features([Example((text,), "1")])
        assert len(feature.ids) == length and made.truncated == cut, text


def test_no_more_is_read_at_once_than_the_model_has_positions_for(encoder):
    made = Featurizer(encoder, SENTENCES, ["0", "1"], max_length=1000)
    (feature,), _ = made.features([Example(("pan " * 200,), "1")])
    assert len(feature.ids) == encoder.max_length < 40


def test_scores_are_learned_as_distances_from_their_mean(encoder):
    made = Featurizer(encoder, SCORES, ["score"])
    examples = [Example(("pan",), label) for label in ("100", "200", "600")]
    made.measure(examples)
    targets = [feature.targets[0] for feature in made.features(examples)[0]]
    assert statistics.mean(targets) == pytest.approx(0) and statistics.pstdev(targets) == pytest.approx(1)
    assert targets[1] == pytest.approx((200 - 300) / made.unit)


def test_a_network_that_learned_distances_gives_the_scores(model, encoder):
    network = networks.from_pretrained(model, SCORES, ["score"]).eval()
    with torch.no_grad():
        network.classifier.out_proj.bias.fill_(0.5)
    features, _ = Featurizer(encoder, SCORES, ["score"]).features([Example(("pan",), ""), Example(("La casa",), "")])
    *inputs, _ = tensors(features, encoder.pad_token_id)
    with torch.no_grad(), loading.threads_for(network, torch):
        before = network(*inputs)
        networks.as_measured(network, 300.0, 20.0)
        assert torch.allclose(network(*inputs), 300.0 + 20.0 * before)


def test_what_stands_on_cls_is_dense_gelu_dense(model, encoder):
    """As in ``ElectraForSequenceClassification``, which transformers 2.8.0 does not have."""
    network = networks.from_pretrained(model, SENTENCES, ["0", "1"], seed=3).eval()
    features, _ = Featurizer(encoder, SENTENCES, ["0", "1"]).features([Example(("La casa", "pan"), "")])
    ids, mask, types, _ = tensors(features, encoder.pad_token_id)
    first, last = network.classifier.dense, network.classifier.out_proj
    with torch.no_grad(), loading.threads_for(network, torch):
        first.weight.mul_(20)  # where gelu is not nearly its half
        at_cls = network.electra(ids, attention_mask=mask, token_type_ids=types)[0][:, 0]
        inner = at_cls @ first.weight.T + first.bias
        inner = inner * 0.5 * (1 + torch.erf(inner / 2**0.5))
        assert torch.allclose(network(ids, mask, types), inner @ last.weight.T + last.bias, atol=1e-6)


@pytest.mark.parametrize("kind", [TOKENS, SENTENCES])
def test_a_new_head_begins_as_the_models_own_layers_did(model, kind):
    network = networks.from_pretrained(model, kind, [str(number) for number in range(50)])
    head = network.classifier if kind == TOKENS else network.classifier.out_proj
    assert head.weight.std().item() == pytest.approx(network.config.initializer_range, rel=0.1)
    assert not head.bias.any()


def test_each_round_has_an_order_of_its_own(model, encoder):
    examples = [Example((text,), "01"[number % 2]) for number, text in enumerate(("pan", "agua", "casa", "y", "no"))]
    network = networks.from_pretrained(model, SENTENCES, ["0", "1"])
    featurizer, seen = Featurizer(encoder, SENTENCES, ["0", "1"]), []

    def look(network, inputs):
        if network.training:
            seen.append(int(inputs[0][0, 1]))

    network.register_forward_pre_hook(look)
    labelled = task(SENTENCES, examples, examples, examples)
    settings = training.Settings(batch_size=1, rounds=3, patience=3, min_round_steps=1)
    training.train(network, featurizer, labelled, examples, settings, progress.Reporter(silent=True))
    rounds = {tuple(seen[start : start + 5]) for start in (0, 5, 10)}
    assert len(seen) == 15 and len(rounds) == 3 and len({tuple(sorted(each)) for each in rounds}) == 1


def test_a_saved_folder_has_the_tokenizer_and_no_threshold_of_the_discriminator(model, tmp_path):
    base = shutil.copytree(model, str(tmp_path / "base"))
    with open(os.path.join(base, tokenizer_json.FILE), "w") as file:
        file.write("{}")
    names = {tokenizer_json.FILE, "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"}
    folder = tmp_path / "out"
    folder.mkdir()
    network = networks.from_pretrained(model, SENTENCES, ["0", "1"])
    networks.save(network, str(folder), base, SENTENCES, ["0", "1"], "# a card\n")
    assert names <= set(os.listdir(str(folder))) and files.read_json(os.path.join(base, "config.json"), {})
    config = files.read_json(str(folder / "config.json"), {})
    assert not [name for name in config if name.startswith("replaced_threshold")] and config["num_labels"] == 2


def test_each_label_has_the_same_weight_in_the_mean_f1():
    found = metrics.evaluate(SENTENCES, ["a", "b", "c"], list("aaab"), list("aaac"))
    assert found["rows"] == [["a", 1.0, 1.0, 1.0, 3], ["b", 0.0, 0.0, 0.0, 1], ["c", 0.0, 0.0, 0.0, 0]]
    assert found["macro_f1"] == pytest.approx(1 / 3)
