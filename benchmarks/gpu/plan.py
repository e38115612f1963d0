"""What ``python -m benchmarks.gpu`` measures, and by when."""

PARTS = ("facts", "data", "equality", "small", "words", "training", "memory", "compiled", "base")
FEWER, MORE = 30522, 119547  # words: the paper's vocabulary, the multilingual one

# Seconds from the start by which a part has ended, of 480 in all: what hangs or compiles for long, as anything may on
# a card that was hardly tried, leaves the others their time.  What a part does not need the next ones have.
ENDS = dict(facts=40, data=80, equality=130, small=210, words=250, training=365, memory=405, compiled=480, base=480)
LAST = max(ENDS.values())

OURS = {
    "as shipped": {},
    "float32": dict(mixed_precision=False),
    "16 bits": dict(mixed_precision=True),
}
COMPILED = {"XLA": dict(xla=True)}  # by itself: on the one card that was tried it was not done after 100 s
PEERS = {
    "sdpa, bf16": ["sdpa", "bf16"],
    "sdpa, bf16, compile": ["sdpa", "bf16", "compile"],
    "sdpa, tf32": ["sdpa", "tf32"],
    "sdpa": ["sdpa"],
    "eager": [],
}
BEST = ("as shipped", "sdpa, bf16", "sdpa, bf16, compile")

FULL = dict(
    batch=128, crowd=128, length=128, steps=30, warm_up=10, row_seconds=170, training_seconds=180.0, lines=400000,
    words=FEWER, sizes=("small", "base"), ours=OURS, peers=PEERS, seconds=480.0,
)  # fmt: skip
DRY = dict(
    batch=8, crowd=1024, length=32, steps=3, warm_up=2, row_seconds=600, training_seconds=6.0, lines=3000, words=2000,
    sizes=("tiny",), ours={"as shipped": {}},
    peers={name: PEERS[name] for name in ("eager", "sdpa, bf16")}, seconds=3600.0,
)  # fmt: skip
