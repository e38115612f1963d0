"""Examples as tf.train.Examples, coded and decoded with NumPy alone, thousands at a time.

In protobuf's wire format, a tf.train.Example with int64 features is ::

    Example   0A <size> Features            Entry    0A <size> name  12 <size> Feature
    Features  (0A <size> Entry) …           Feature  1A <size> Int64List;  Int64List  0A <size> varint …

Tags and letters are bytes below 128, which are varints of one byte; sizes and values are varints.  So a
whole example is a row of varints, a batch of them is a matrix of integers, and coding is array arithmetic.
"""

import functools
import itertools

import numpy as np

from helpers.data.records import tfrecord
from helpers.data.records.tfrecord import DamagedRecord
from helpers.data.vocabulary.word_lookup import ranges

LONGEST_VARINT = 4  # bytes that are read fast; no token has an id of 2**28


def encode(features):
    """Examples as framed records.

    Parameters
    ----------
    features : dict of str to int array [examples, values]
        Values from 0 to 2**31 - 1.

    Returns
    -------
    (bytes, int64 [examples])
        The records end to end, and the size of each, frame included.
    """
    parts = _example_parts(features)
    count = len(parts[0][0])
    fixed = [np.zeros((count, 0), np.uint8)]
    while parts and parts[-1][1] is None:  # as many bytes in every row: most of a record, and quick to place
        fixed.insert(0, parts.pop()[0])
    ragged = [(data, np.ones(data.shape, bool) if used is None else used) for data, used in parts]
    ragged.append((fixed[-1], fixed[-1].astype(bool)))
    data, used = map(np.hstack, zip(*ragged))
    return tfrecord.frame(data, used, np.hstack(fixed))


def _varint_size(values):
    """Bytes that each value takes as a varint."""
    return 1 + sum((values >= 1 << bits for bits in (7, 14, 21, 28)), np.zeros(np.shape(values), np.uint8))


def _varints(values):
    """Values as varints: uint8 [rows, bytes], and which bytes count, bool of that shape, or None for all."""
    most = int(_varint_size(values.max())) if values.size else 1
    if most == 1:
        return values.astype(np.uint8), None
    data = np.empty(values.shape + (most,), np.uint8)
    used = np.ones(values.shape + (most,), bool)
    for byte in range(most):
        if byte:
            used[..., byte] = values >= 1 << 7 * byte
        more = values >= 1 << 7 * (byte + 1)
        data[..., byte] = (values >> 7 * byte & 0x7F) | (more.view(np.uint8) << 7)
    data, used = data.reshape(len(data), -1), used.reshape(len(used), -1)
    return (data[:, used[0]], None) if (used == used[0]).all() else (data, used)


def _example_parts(features):
    """Examples in protobuf's wire format: a list of what ``_varints`` gives, side by side."""
    parts, total = [], 0
    for name, values in features.items():
        data, used = _varints(values)
        packed = np.full(len(data), data.shape[1]) if used is None else used.sum(axis=1)
        int64_list = 1 + _varint_size(packed) + packed
        feature = 1 + _varint_size(int64_list) + int64_list
        entry = 2 + len(name) + 1 + _varint_size(feature) + feature
        total = total + 1 + _varint_size(entry) + entry
        parts += [_varints(_columns(_head(name, entry, feature, int64_list, packed))), (data, used)]
    return [_varints(_columns([0x0A, total]))] + parts


def _head(name, entry, feature, int64_list, packed):
    """What stands before a feature's values, given the sizes of what it is nested in."""
    return [0x0A, entry, 0x0A, len(name)] + list(name.encode()) + [0x12, feature, 0x1A, int64_list, 0x0A, packed]


def _columns(items):
    """Vectors and numbers side by side: int32 [rows, items]."""
    return np.stack(np.broadcast_arrays(*items), axis=1).astype(np.int32)


@functools.lru_cache(maxsize=8)
def _layouts(names, length):
    """For every order of the features: (columns whose value is fixed, those values, {name: first column of values})."""
    layouts = []
    for order in itertools.permutations(names):
        fixed, places, column = [(0, 0x0A)], {}, 2
        for name in order:
            head = _head(name, None, None, None, None)
            fixed += [(column + place, value) for place, value in enumerate(head) if value is not None]
            column += len(head)
            places[name] = column
            column += length
        columns, values = zip(*fixed)
        layouts.append((np.array(columns), np.array(values), places, column))
    return layouts


def decode(data, names, length):
    """Read the examples in ``data`` (bytes, whole records).

    Parameters
    ----------
    names : tuple of str
        Features wanted; others are an error, as is a feature with other than ``length`` values.

    Returns
    -------
    dict of str to int32 array [examples, length]
    """
    starts, sizes = tfrecord.frames(data)
    buffer = np.frombuffer(data, np.uint8)
    result = {name: np.empty((len(starts), length), np.int32) for name in names}
    if len(starts) == 0:
        return result
    if not sizes.all():
        raise DamagedRecord(int(np.argmin(sizes)), "it is empty")
    tfrecord.check(buffer, starts, sizes)
    # All bytes of all examples as varints: a byte below 128 ends one, and so does the end of an example.
    body = buffer[ranges(starts, sizes)]
    lasts = np.cumsum(sizes) - 1
    ended = body < 0x80
    whole = ended[lasts]
    ended[lasts] = True
    ends = np.flatnonzero(ended)
    begins = np.concatenate([[0], ends[:-1] + 1])
    widths = ends - begins + 1
    values = (body[begins] & 0x7F).astype(np.int32)
    for byte in range(1, LONGEST_VARINT):
        longer = np.flatnonzero(widths > byte)
        values[longer] |= (body[begins[longer] + byte] & 0x7F).astype(np.int32) << (7 * byte)
    first = np.searchsorted(ends, lasts - sizes + 1)
    counts = np.diff(np.append(first, len(values)))
    whole[np.searchsorted(lasts, ends[widths > LONGEST_VARINT])] = False
    left = np.ones(len(starts), bool)
    for columns, fixed, places, total in _layouts(tuple(names), length):
        rows = np.flatnonzero(left & whole & (counts == total))
        rows = rows[(values[first[rows][:, None] + columns] == fixed).all(axis=1)]
        left[rows] = False
        for name, place in places.items():
            result[name][rows] = values[(first[rows] + place)[:, None] + np.arange(length)]
    for row in np.flatnonzero(left).tolist():  # some other protobuf writer's layout
        example = parse(data[starts[row] : starts[row] + sizes[row]], row)
        for name in names:
            result[name][row] = _checked(example.get(name), name, length, row)
    return result


def _checked(numbers, name, length, row):
    if numbers is None or len(numbers) != length:
        found = "no feature" if numbers is None else f"{len(numbers)} values, not {length}, in"
        raise DamagedRecord(row, f"it has {found} {name!r}")
    if not all(0 <= number < 1 << 31 for number in numbers):
        raise DamagedRecord(row, f"a number in {name!r} is out of range")
    return numbers


def parse(data, row=0):
    """Read one tf.train.Example of any layout, slowly: dict of feature name to list of int (int64 features only)."""

    def fields(message):
        place = 0
        while place < len(message):
            tag, place = _varint(message, place)
            if tag & 7 == 0:
                value, place = _varint(message, place)
            elif tag & 7 == 2:
                size, place = _varint(message, place)
                value, place = message[place : place + size], place + size
                if place > len(message):
                    raise IndexError
            else:
                raise IndexError
            yield tag >> 3, value

    try:
        features = {}
        for _, all_features in fields(data):
            for _, entry in fields(all_features):
                entry = dict(fields(entry))
                values = features[bytes(entry[1]).decode()] = []
                for kind, numbers in fields(entry.get(2, b"")):
                    for _, number in fields(numbers) if kind == 3 else ():
                        values += [number] if isinstance(number, int) else _numbers(number)
        return features
    except (IndexError, KeyError, TypeError, UnicodeDecodeError):
        raise DamagedRecord(row, "it is not a tf.train.Example")


def _varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return (value - (1 << 64) if value >= 1 << 63 else value), place


def _numbers(data):
    place, values = 0, []
    while place < len(data):
        value, place = _varint(data, place)
        values.append(value)
    return values
