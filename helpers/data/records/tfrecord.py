"""TFRecord files: frames around bytes, many records at a time, with NumPy alone.

A record is ``length (8 bytes), checksum of length (4), data (length bytes), checksum of data (4)``, little
endian.  The checksum is a CRC-32C, masked.
"""

import functools
import struct

import numpy as np

HEADER = struct.Struct("<QI")  # length and its checksum
HEADER_BYTES = 12
FOOTER_BYTES = 4
POLYNOMIAL = 0x82F63B78  # CRC-32C, bits reversed


class DamagedRecord(ValueError):
    """``args``: number of the record in its batch, what is wrong with it."""


def frame(ragged, used, fixed):
    """Make records of rows of bytes.

    Parameters
    ----------
    ragged : uint8 [records, width]
    used : bool [records, width]
        Which bytes of ``ragged`` are there at all.
    fixed : uint8 [records, more]
        What follows them, the same number of bytes in every record.

    Returns
    -------
    (bytes, int64 [records])
        The records end to end, and the size of each, frame included.
    """
    # Records stand flush right in a matrix, which suits the checksum.
    counts = used.sum(axis=1)
    sizes = counts + fixed.shape[1]
    room = _round_up(sizes)
    rows = np.zeros((len(sizes), HEADER_BYTES + room + FOOTER_BYTES), np.uint8)
    body, border = rows[:, HEADER_BYTES:-FOOTER_BYTES], room - fixed.shape[1]
    body[:, :border][np.arange(border) >= (border - counts)[:, None]] = ragged[used]
    body[:, border:] = fixed
    rows[:, -FOOTER_BYTES:] = _bytes_of(masked_crc(body, sizes), "<u4")
    lengths = _bytes_of(sizes, "<u8")
    header = np.hstack([lengths, _bytes_of(masked_crc(lengths, np.full(len(sizes), 8)), "<u4")])
    starts = np.arange(len(sizes)) * rows.shape[1] + room - sizes
    flat = rows.reshape(-1)
    flat[starts[:, None] + np.arange(HEADER_BYTES)] = header
    sizes = sizes + HEADER_BYTES + FOOTER_BYTES
    view = memoryview(flat)
    return b"".join([view[start:stop] for start, stop in zip(starts.tolist(), (starts + sizes).tolist())]), sizes


def frames(data):
    """Where the records of ``data`` (bytes, whole records) lie: (starts, sizes), int64, of their data."""
    starts, sizes, place = [], [], 0
    while place < len(data):
        if place + HEADER_BYTES > len(data):
            raise DamagedRecord(len(starts), "the file ends within a record")
        size = HEADER.unpack_from(data, place)[0]
        if place + HEADER_BYTES + size + FOOTER_BYTES > len(data):
            raise DamagedRecord(len(starts), "its length is wrong or the file ends within it")
        starts.append(place + HEADER_BYTES)
        sizes.append(size)
        place += HEADER_BYTES + size + FOOTER_BYTES
    return np.array(starts, np.int64), np.array(sizes, np.int64)


def check(buffer, starts, sizes):
    """Compare the checksums of all records, at least one, with those written behind them."""
    room = _round_up(sizes)
    places = (starts + sizes - room)[:, None] + np.arange(room)
    rows = np.where(places >= starts[:, None], buffer[places], np.uint8(0))  # a negative index reads what is masked
    written = buffer[(starts + sizes)[:, None] + np.arange(FOOTER_BYTES)]
    wrong = np.flatnonzero((_bytes_of(masked_crc(rows, sizes), "<u4") != written).any(axis=1))
    if len(wrong):
        raise DamagedRecord(int(wrong[0]), "its checksum is wrong")


def _round_up(sizes):
    """The least multiple of 4 that is enough for all sizes."""
    return -(-int(sizes.max()) // 4) * 4


@functools.lru_cache(maxsize=1)
def _crc_tables():
    """How a checksum moves on by one, two and four bytes: uint32 [256], [65536], [65536]."""
    one = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        one = (one >> 1) ^ np.where(one & 1, np.uint32(POLYNOMIAL), np.uint32(0))

    def advance(crc):
        return one[crc & 0xFF] ^ (crc >> 8)

    two = advance(advance(np.arange(1 << 16, dtype=np.uint32)))
    return one, two, advance(advance(two))


@functools.lru_cache(maxsize=4)
def _crc_of_start(size):
    """What the start value 0xFFFFFFFF has become after 0 to ``size`` zero bytes: uint32 [size + 1]."""
    one, crc, result = _crc_tables()[0].tolist(), 0xFFFFFFFF, []
    for _ in range(size + 1):
        result.append(crc)
        crc = one[crc & 0xFF] ^ (crc >> 8)
    return np.array(result, np.uint32)


def masked_crc(rows, sizes):
    """TFRecord's checksum of every row's last ``sizes`` bytes; what stands before them must be 0.

    ``rows``: uint8 [rows, width], width a multiple of 4; ``sizes``: int [rows]; result: uint32 [rows].
    """
    # A checksum is linear: zeros in front change nothing when it starts from 0, and what the true start
    # value would have contributed depends on the size alone.
    _, two, four = _crc_tables()
    crc = np.zeros(len(rows), "<u4")
    halves = crc.view("<u2").reshape(-1, 2)
    low, high = np.empty_like(crc), np.empty_like(crc)
    for word in np.ascontiguousarray(np.ascontiguousarray(rows).view("<u4").T):
        crc ^= word
        four.take(halves[:, 0], out=low, mode="clip")  # "clip" because "raise" would copy; no index is out of range
        two.take(halves[:, 1], out=high, mode="clip")
        np.bitwise_xor(low, high, out=crc)
    crc ^= _crc_of_start(rows.shape[1])[sizes] ^ np.uint32(0xFFFFFFFF)
    return ((crc >> 15) | (crc << 17)) + np.uint32(0xA282EAD8)


def _bytes_of(numbers, kind):
    """Little-endian bytes of a vector of numbers: uint8 [numbers, bytes each]."""
    return np.ascontiguousarray(numbers, kind).view(np.uint8).reshape(len(numbers), -1)
