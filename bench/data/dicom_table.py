"""Look-up tables of DICOM headers (Modality LUT, VOI LUT), PS3.3 C.11.1.1 and C.11.2.1.1. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.unreadable import UnreadableImage


@dataclass(frozen=True)
class LookedUp:
    """`values` as the table has them, at most `largest`."""

    values: NDArray[np.int64]
    largest: int


def looked_up(values: NDArray[Any], item: Any, header: Any) -> LookedUp:
    """Values below the first that the table maps become its first entry, those beyond its end its last.

    Raises:
        UnreadableImage: the table is damaged.
    """
    try:
        entries, first, bits = (int(number) for number in item.LUTDescriptor)
        table = _entries(item.LUTData, entries or 65536, bits, header)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage("its look-up table is damaged") from None
    if first > 32767 and float(values.min()) < 0:
        first -= 65536  # signed, whatever type it is stored as
    places = np.clip(np.rint(np.asarray(values, dtype=np.float64)) - first, 0, len(table) - 1).astype(np.int64)
    return LookedUp(table[places], 2**bits - 1)


def _entries(data: Any, number: int, bits: int, header: Any) -> NDArray[np.int64]:
    """Entries of 8 bits may lie two to a word."""
    if not 1 <= bits <= 16:
        raise ValueError(bits)
    if isinstance(data, bytes):
        packed = bits <= 8 and len(data) < 2 * number
        little = header.file_meta.TransferSyntaxUID.is_little_endian
        table = np.frombuffer(data, np.uint8 if packed else ("<u2" if little else ">u2"))
    else:
        table = np.atleast_1d(np.asarray(data))
    if len(table) < number:
        raise ValueError(number)
    return table[:number].astype(np.int64)
