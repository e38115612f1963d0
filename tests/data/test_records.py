"""Records in an order that is a function of (seed, position), from our files and TensorFlow's."""

import gc
import hashlib
import threading
import time

import numpy as np
import pytest

from helpers.base.errors import TutorialError
from helpers.data import records
from helpers.data.records import FEATURES, RecordFiles, codec, tfrecord, writer

LENGTH = 12


def made_up(count, length=LENGTH, seed=0):
    """Features of ``count`` examples, the number of each in its first two ids."""
    generator = np.random.RandomState(seed)
    ids = generator.randint(0, 119547, (count, length)).astype(np.int32)
    ids[:, 0], ids[:, 1] = np.arange(count) % 251, np.arange(count) // 251
    size = generator.randint(3, length + 1, (count, 1))
    mask = (np.arange(length) < size).astype(np.uint8)
    segments = mask * (np.arange(length) >= size // 2).astype(np.uint8)
    return dict(input_ids=ids * mask, input_mask=mask, segment_ids=segments)


def write(folder, features, files=1):
    """Write examples as the data builder does."""
    made = writer.RecordWriter(str(folder), files)
    count = len(features["input_ids"])
    for first in range(0, count, 300):
        part = {name: values[first : first + 300] for name, values in features.items()}
        order = writer.order(first, len(part["input_ids"]), files)
        made.append(*codec.encode({name: values[order] for name, values in part.items()}))
    made.close()
    made.save_index()


def numbers(batch):
    """Which examples of ``made_up`` a batch has."""
    return (batch["input_ids"][:, 0] + 251 * batch["input_ids"][:, 1]).tolist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """1,000 examples in three files: four blocks of 100 in each, the last of them shorter."""
    folder = tmp_path_factory.mktemp("records")
    write(folder, made_up(1000), files=3)
    return folder


def open_small(folder):
    return RecordFiles(str(folder / "pretrain_data.tfrecord*"), block_records=100, window_blocks=3)


def take(iterator, count):
    return [next(iterator) for _ in range(count)]


# ------------------------------------------------------------------------------------------------- order


def test_batches(folder):
    batch = next(RecordFiles(str(folder)).batches(8, seed=1))
    for name in FEATURES:
        assert batch[name].shape == (8, LENGTH) and batch[name].dtype == np.int32
    expected = made_up(1000)
    for name in FEATURES:
        assert np.array_equal(batch[name], expected[name][numbers(batch)])


def test_every_epoch_has_each_example_once_and_batches_run_on(folder):
    files = open_small(folder)
    assert files.count == 1000 and files.length == LENGTH
    seen = [number for batch in take(files.batches(64, seed=3), 47) for number in numbers(batch)]
    epochs = [seen[:1000], seen[1000:2000], seen[2000:3000]]
    assert all(sorted(epoch) == list(range(1000)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert epochs[0] != list(range(1000))
    neighbours = np.abs(np.diff(epochs[0]))
    assert np.median(neighbours) > 100  # mixed well beyond a block


def test_the_batch_of_a_step_depends_on_seed_and_step_alone(folder):
    files = open_small(folder)
    run = [numbers(batch) for batch in take(files.batches(64, seed=3), 40)]
    for step in 0, 1, 15, 16, 31, 39:
        assert numbers(files.read(step, 64, seed=3)) == run[step]
        assert numbers(next(open_small(folder).batches(64, seed=3, start_step=step))) == run[step]
    assert [numbers(batch) for batch in take(files.batches(64, seed=3, start_step=20), 20)] == run[20:]
    assert numbers(files.read(0, 64, seed=4)) != run[0]
    # The batch size only says where to cut.
    small = [number for batch in take(files.batches(10, seed=3), 256) for number in numbers(batch)]
    assert small == [number for batch in run for number in batch]
    assert len(numbers(files.read(0, 2500, seed=3))) == 2500


def test_order_is_the_same_on_every_numpy(folder):
    digest = hashlib.sha256(repr([numbers(open_small(folder).read(step, 50, seed=1)) for step in (0, 100)]).encode())
    assert (
        records.permutation(10, 1, 2).tolist()
        == records.permutation(10, np.int64(1), 2).tolist()
        == [6, 3, 2, 8, 0, 9, 7, 4, 5, 1]
    )
    assert digest.hexdigest()[:16] == "81c67cb60187a3d2"


def test_in_order(folder):
    batches = list(RecordFiles(str(folder)).in_order(300))
    assert [len(batch["input_ids"]) for batch in batches] == [300, 300, 300, 100]
    order = [number for batch in batches for number in numbers(batch)]
    assert order == [number for file in range(3) for number in range(file, 1000, 3)]


def test_reads_ahead_in_a_thread_that_ends_with_the_reader(folder):
    def readers():
        return [thread for thread in threading.enumerate() if thread.name == "records ahead"]

    batches = open_small(folder).batches(10, seed=1)
    next(batches)
    assert len(readers()) == 1
    batches.close()
    del batches
    gc.collect()
    deadline = time.time() + 60
    while readers() and time.time() < deadline:
        time.sleep(0.01)
    assert not readers()


def test_memory_is_that_of_two_windows(folder, monkeypatch):
    loaded = []
    original = RecordFiles._load
    monkeypatch.setattr(RecordFiles, "_load", lambda self, some: loaded.append(len(some)) or original(self, some))
    batches = open_small(folder).batches(10, seed=1)
    next(batches)
    time.sleep(0.2)
    assert len(loaded) <= 2 and set(loaded) == {3}


# ------------------------------------------------------------------------------------------------- files


def test_without_an_index_records_are_counted(folder, tmp_path):
    for path in folder.glob("pretrain*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())

    class Counting:
        done = 0

        def start(self, title, total, unit):
            self.total = total

        def advance(self, amount):
            self.done += amount

        def close(self):
            self.closed = True

    reporter = Counting()
    files = RecordFiles(str(tmp_path), reporter)
    assert reporter.done == reporter.total and reporter.closed
    assert numbers(files.read(7, 20, seed=1)) == numbers(RecordFiles(str(folder)).read(7, 20, seed=1))
    reporter = Counting()
    RecordFiles(str(folder), reporter)
    assert reporter.done == 0
    # An index that does not fit the files is not believed.
    (tmp_path / "index.npz").write_bytes((folder / "index.npz").read_bytes())
    first = tmp_path / "pretrain_data.tfrecord-0-of-3"
    first.write_bytes(first.read_bytes() * 2)
    assert RecordFiles(str(tmp_path)).count == 1334
    (tmp_path / "index.npz").write_bytes(b"not an index")
    assert RecordFiles(str(tmp_path)).count == 1334


def test_file_numbers_count_as_numbers(tmp_path):
    write(tmp_path, made_up(24), files=12)
    order = [number for batch in RecordFiles(str(tmp_path)).in_order(5) for number in numbers(batch)]
    assert order == [number for file in range(12) for number in (file, file + 12)]


@pytest.mark.parametrize("count, files", [(1, 1), (255, 1), (256, 1), (257, 1), (1024, 4), (3, 5)])
def test_index_of_any_number_of_records(tmp_path, count, files):
    write(tmp_path, made_up(count), files)
    found = writer.read_index(str(tmp_path), 256)
    for path, (offsets, records_there, size) in found.items():
        scanned, counted = records._scan(path, size, 256)
        assert offsets.tolist() == scanned.tolist() and records_there == counted
    seen = [number for batch in RecordFiles(str(tmp_path)).in_order(100) for number in numbers(batch)]
    assert sorted(seen) == list(range(count))


def test_what_lies_beside_the_records_is_none_of_them(folder, tmp_path):
    """A pattern such as folder/* matches the index and the manifest as well."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "manifest.json").write_text("{}")
    files = RecordFiles(str(tmp_path / "*"))
    assert files.count == 1000 and len(files.paths) == 3
    assert numbers(files.read(7, 20, seed=1)) == numbers(RecordFiles(str(folder)).read(7, 20, seed=1))
    with pytest.raises(TutorialError, match="no TFRecord files match"):
        RecordFiles(str(tmp_path / "index.npz"))


def test_ids_beyond_the_vocabulary_are_found_wherever_they_are(folder):
    highest = int(made_up(1000)["input_ids"].max())
    list(RecordFiles(str(folder), vocab_size=highest + 1).in_order(100))
    with pytest.raises(TutorialError, match="token number %d, and vocab_size is %d" % (highest, highest)):
        list(RecordFiles(str(folder), vocab_size=highest).in_order(100))


def test_missing_and_empty(tmp_path):
    with pytest.raises(TutorialError, match="no TFRecord files match"):
        RecordFiles(str(tmp_path / "pretrain_data.tfrecord*"))
    with pytest.raises(TutorialError, match="no TFRecord files match"):
        RecordFiles(str(tmp_path / "nowhere" / "pretrain_data.tfrecord*"))
    (tmp_path / "pretrain_data.tfrecord-0-of-1").write_bytes(b"")
    with pytest.raises(TutorialError, match="no examples"):
        RecordFiles(str(tmp_path))


@pytest.mark.parametrize("place, said", [(40, "record 0: its checksum"), (-3, "record 499: its checksum")])
def test_a_flipped_bit_is_found(tmp_path, place, said):
    write(tmp_path, made_up(500))
    path = tmp_path / "pretrain_data.tfrecord-0-of-1"
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(bytes(data))
    with pytest.raises(TutorialError) as caught:
        list(RecordFiles(str(tmp_path)).in_order(100))
    assert said in str(caught.value) and path.name in str(caught.value)
    with pytest.raises(TutorialError):  # also when a thread reads ahead
        take(RecordFiles(str(tmp_path)).batches(100, seed=1), 6)


def test_a_file_cut_short_is_found(tmp_path):
    write(tmp_path, made_up(500))
    path = tmp_path / "pretrain_data.tfrecord-0-of-1"
    data = path.read_bytes()
    for missing in 1, 10, 100:
        path.write_bytes(data[:-missing])
        with pytest.raises(TutorialError, match="damaged"):
            RecordFiles(str(tmp_path))
    path.write_bytes(data[:4] + b"\xff" + data[5:])
    with pytest.raises(TutorialError, match="damaged at record 0"):
        RecordFiles(str(tmp_path))


def test_examples_of_different_lengths_are_found(tmp_path):
    one, _ = codec.encode(made_up(5))
    two, _ = codec.encode(made_up(5, length=7))
    (tmp_path / "pretrain_data.tfrecord-0-of-1").write_bytes(bytes(one) + bytes(two))
    with pytest.raises(TutorialError, match="record 5: it has 7 values, not 12, in 'input_ids'"):
        list(RecordFiles(str(tmp_path)).in_order(100))


# ------------------------------------------------------------------------------------------------- format


def test_known_checksums():
    rows = np.frombuffer(b"123456789".rjust(12, b"\0") + bytes(12), np.uint8).reshape(2, 12)
    crc = tfrecord.masked_crc(rows, np.array([9, 0]))
    unmasked = crc - np.uint32(0xA282EAD8)
    assert [hex(value) for value in (unmasked << 15) | (unmasked >> 17)] == ["0xe3069283", "0x0"]


@pytest.mark.parametrize("length", [1, 5, 40, 64, 127, 128, 512])
def test_decode_undoes_encode(length):
    features = made_up(40, max(3, length), seed=length)
    features["input_ids"][0, 0] = 2**31 - 1
    data, sizes = codec.encode(features)
    assert sum(sizes) == len(data)
    found = codec.decode(bytes(data), FEATURES, max(3, length))
    assert all(np.array_equal(found[name], features[name]) for name in FEATURES)


@pytest.fixture
def tf():
    return pytest.importorskip("helpers.pretraining.network.runtime").tf


def example(tf, features, row, names=FEATURES):
    """A tf.train.Example of TensorFlow's making, its features in the order of ``names``."""
    made = tf.train.Example()
    for name in names:
        made.features.feature[name].int64_list.value.extend(features[name][row].tolist())
    return made


def test_tensorflow_reads_what_we_write(tf, tmp_path):
    features = made_up(300, 128)
    write(tmp_path, features, files=2)
    for file in range(2):
        path = str(tmp_path / ("pretrain_data.tfrecord-%d-of-2" % file))
        found = list(tf.io.tf_record_iterator(path))
        assert len(found) == 150
        for row, data in zip(range(file, 300, 2), found):
            right = example(tf, features, row)
            assert tf.train.Example.FromString(data) == right
            assert data == right.SerializeToString(deterministic=True)


def test_we_read_what_tensorflow_writes(tf, tmp_path):
    features = made_up(600, 64)
    generator = np.random.RandomState(1)
    with tf.io.TFRecordWriter(str(tmp_path / "pretrain_data.tfrecord-0-of-1")) as file:
        for row in range(600):
            data = example(tf, features, row, generator.permutation(FEATURES)).SerializeToString()
            file.write(data)
    files = RecordFiles(str(tmp_path))
    found = next(files.in_order(600))
    assert all(np.array_equal(found[name], features[name]) for name in FEATURES)


def test_other_layouts_are_read_slowly_but_surely(tf):
    features = made_up(3)
    unpacked = b""  # values one by one, each with its tag; and a feature that nobody asked for
    for name in FEATURES:
        values = b"".join(b"\x08" + _varint(value) for value in features[name][1].tolist())
        feature = b"\x1a" + _varint(len(values)) + values
        entry = b"\x0a" + _varint(len(name)) + name.encode() + b"\x12" + _varint(len(feature)) + feature
        unpacked += b"\x0a" + _varint(len(entry)) + entry
    unpacked = b"\x0a" + _varint(len(unpacked)) + unpacked
    assert tf.train.Example.FromString(unpacked) == example(tf, features, 1)
    more = example(tf, features, 2)
    more.features.feature["text"].bytes_list.value.append(b"agua")
    more.features.feature["negative"].int64_list.value.append(-5)
    data = b"".join(map(_frame, [example(tf, features, 0).SerializeToString(), unpacked, more.SerializeToString()]))
    found = codec.decode(data, FEATURES, LENGTH)
    assert all(np.array_equal(found[name], features[name]) for name in FEATURES)
    assert codec.parse(more.SerializeToString())["negative"] == [-5]


@pytest.mark.parametrize("data", [b"", b"\x0a\x05abc", b"\xff" * 9, b"hello"])
def test_what_is_no_example_is_found(data):
    with pytest.raises(tfrecord.DamagedRecord):
        codec.decode(_frame(data), FEATURES, LENGTH)


def _varint(value):
    data = b""
    while value >= 0x80:
        data, value = data + bytes([value & 0x7F | 0x80]), value >> 7
    return data + bytes([value])


def _frame(data):
    def crc(content):
        room = max(4, -(-len(content) // 4) * 4)
        row = np.frombuffer(content.rjust(room, b"\0"), np.uint8).reshape(1, -1)
        return tfrecord.masked_crc(row, np.array([len(content)])).astype("<u4").tobytes()

    length = tfrecord.HEADER.pack(len(data), 0)[:8]
    return length + crc(length) + data + crc(data)
