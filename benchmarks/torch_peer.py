"""ELECTRA's pre-training step in plain PyTorch and transformers, as one would write it today: what ours is set beside.

    python -m benchmarks.torch_peer --data-dir build/bench --steps 10

Runs on any interpreter with PyTorch 2 and transformers 5; on the GPU where there is one.  The shapes, the batches
and what is computed are those of ``python -m helpers.pretraining``: one table of embeddings for both encoders, the
generator's logits at the masked positions alone, samples drawn from its softmax, both losses, gradients clipped
to a norm of 1, AdamW (fused).  Prints one JSON object; ``--modes`` says what of PyTorch's means is used:

sdpa     its scaled dot-product attention in place of attention written out
tf32     products of float32 in TF32, where the card has it
bf16     autocast to bfloat16
fp16     autocast to float16, with a loss scale
compile  torch.compile
"""

import argparse
import json
import resource
import statistics
import time

import torch
import transformers
from torch.nn import functional

from helpers.base import values
from helpers.data.records import RecordFiles
from helpers.pretraining import hyperparameters
from helpers.pretraining.shapes import discriminator_config, generator_config

MODES = ("sdpa", "tf32", "bf16", "fp16", "compile")
ROUNDS = 3  # in which the steps are timed
MASKED_SHARE = 0.85  # of the chosen positions show [MASK]


class Electra(torch.nn.Module):
    """Generator and discriminator with one set of embeddings; called with a batch it gives the loss.

    Parameters
    ----------
    hparams : Hyperparameters
    attention : str
        As transformers calls it: "eager" or "sdpa".
    special : dict of the ids of [CLS], [SEP] and [MASK]
    """

    def __init__(self, hparams, attention, special):
        super().__init__()
        self.hparams, self.special = hparams, special
        models = transformers.AutoModelForMaskedLM, transformers.AutoModelForPreTraining
        self.generator, self.discriminator = (
            model.from_config(_config(shape, hparams), attn_implementation=attention)
            for model, shape in zip(models, (generator_config(hparams), discriminator_config(hparams)))
        )
        self.generator.electra.embeddings = self.discriminator.electra.embeddings
        self.generator.generator_lm_head.weight = self.generator.get_input_embeddings().weight

    def forward(self, input_ids, input_mask, segment_ids):
        """Arguments int64 [batch, length]; returns the loss as a scalar."""
        positions, chosen = self._choose(input_ids, input_mask)
        original = input_ids.gather(1, positions)
        shown = torch.full_like(original, self.special["[MASK]"])
        hide = chosen & (torch.rand_like(positions, dtype=torch.float32) < MASKED_SHARE)
        masked = input_ids.scatter(1, positions, torch.where(hide, shown, original))
        arguments = dict(attention_mask=input_mask, token_type_ids=segment_ids)

        hidden = self.generator.electra(masked, **arguments)[0]
        hidden = hidden.gather(1, positions[:, :, None].expand(-1, -1, hidden.shape[2]))
        logits = self.generator.generator_lm_head(self.generator.generator_predictions(hidden)).float()
        losses = functional.cross_entropy(logits.flatten(0, 1), original.flatten(), reduction="none")
        generator_loss = (losses * chosen.flatten()).sum() / chosen.sum()

        with torch.no_grad():
            sampled = torch.multinomial(logits.softmax(-1).flatten(0, 1), 1).view_as(original)
            corrupted = input_ids.scatter(1, positions, torch.where(chosen, sampled, original))
            replaced = (corrupted != input_ids).float()
        logits = self.discriminator(corrupted, **arguments)[0].float()
        losses = functional.binary_cross_entropy_with_logits(logits, replaced, reduction="none")
        discriminator_loss = (losses * input_mask).sum() / input_mask.sum()
        return self.hparams.gen_weight * generator_loss + self.hparams.disc_weight * discriminator_loss

    def _choose(self, input_ids, input_mask):
        """Positions to mask [batch, slots], and which slots hold one: bool of the same shape."""
        free = input_mask.bool()
        for number in self.special.values():
            free = free & (input_ids != number)
        drawn = torch.rand(input_ids.shape, device=input_ids.device).masked_fill(~free, -1.0)
        values, positions = drawn.topk(self.hparams.max_predictions_per_seq, dim=1)
        return positions, values >= 0


def _config(shape, hparams):
    return transformers.ElectraConfig(
        vocab_size=shape.vocab_size, embedding_size=hparams.embedding_size, hidden_size=shape.hidden_size,
        num_hidden_layers=shape.num_hidden_layers, num_attention_heads=shape.num_attention_heads,
        intermediate_size=shape.intermediate_size, hidden_dropout_prob=shape.hidden_dropout_prob,
        attention_probs_dropout_prob=shape.attention_probs_dropout_prob,
    )  # fmt: skip


class Training:
    """One step after the other on the batches of a DATA_DIR."""

    def __init__(self, hparams, modes):
        self.hparams, self.modes = hparams, set(modes)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(hparams.seed)
        if "tf32" in self.modes:
            torch.set_float32_matmul_precision("high")
        attention = "sdpa" if "sdpa" in self.modes else "eager"
        self.model = Electra(hparams, attention, _special_tokens(hparams.vocab_file)).to(self.device).train()
        self.loss_of = torch.compile(self.model) if "compile" in self.modes else self.model
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), hparams.learning_rate, eps=1e-6, weight_decay=hparams.weight_decay_rate, fused=True
        )
        kinds = dict(bf16=torch.bfloat16, fp16=torch.float16)
        self.kind = next((kind for name, kind in kinds.items() if name in self.modes), None)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.kind is torch.float16)
        self.batches = RecordFiles(hparams.pretrain_tfrecords, vocab_size=hparams.vocab_size).batches(
            hparams.train_batch_size, hparams.seed
        )

    def step(self):
        """One update; returns the loss, still on its device."""
        batch = next(self.batches)
        batch = [torch.from_numpy(values).to(self.device, torch.int64, non_blocking=True) for values in batch.values()]
        with torch.autocast(self.device.type, self.kind, enabled=self.kind is not None):
            loss = self.loss_of(*batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss.detach()

    def timed(self, steps):
        """Seconds a step takes over ``steps`` of them, waited for once, at their end; and the last loss."""
        self._wait()
        began = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        self._wait()
        return (time.perf_counter() - began) / steps, float(loss)

    def _wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def memory_gb(self):
        """Most memory in use so far: the card's, or the process's where there is none."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated() / 1e9
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _special_tokens(vocab_file):
    with open(vocab_file, encoding="utf-8") as file:
        tokens = file.read().split("\n")
    return {name: tokens.index(name) for name in ("[CLS]", "[SEP]", "[MASK]")}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.torch_peer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data-dir", type=values.given, required=True, help="folder with vocab.txt and pretrain_tfrecords/"
    )
    parser.add_argument(
        "--hparams", type=values.given, default="{}", help="JSON: hyperparameters of helpers.pretraining"
    )
    parser.add_argument("--steps", type=int, default=10, help="that are timed (default: 10)")
    parser.add_argument("--warm-up", type=int, default=0, help="steps before them (default: 0)")
    parser.add_argument("--modes", nargs="*", choices=MODES, default=[], help="default: none of them")
    arguments = parser.parse_args()
    hparams = hyperparameters.resolve_in(arguments.data_dir, "peer", hyperparameters.parse(arguments.hparams))
    training = Training(hparams, arguments.modes)
    for _ in range(arguments.warm_up):
        training.step()
    rounds = [arguments.steps // ROUNDS + (number < arguments.steps % ROUNDS) for number in range(ROUNDS)]
    timed = [training.timed(steps) for steps in rounds if steps]
    cuda = training.device.type == "cuda"
    print(json.dumps(dict(
        step=statistics.median(seconds for seconds, _ in timed), fastest=min(seconds for seconds, _ in timed),
        memory_gb=training.memory_gb(), loss=timed[-1][1], modes=arguments.modes, torch=torch.__version__,
        transformers=transformers.__version__, device=torch.cuda.get_device_name() if cuda else "CPU",
    )))  # fmt: skip


if __name__ == "__main__":
    main()
