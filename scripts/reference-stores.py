#!/usr/bin/env python3
"""How long one reference takes to read, of many, from a cold page cache: as a file of its own in a folder for
each SKU, as a row of SQLite, and as a part of one large file.

usage: sudo [MAPPED=1] scripts/reference-stores.py FOLDER [SKUS [KIB]]     FOLDER: an empty one on the disk in question

docs/measurements/references.md has what came out. Needs root, to empty the page cache.
"""

import mmap
import os
import random
import sqlite3
import sys
import time

VIEWS = ("side", "top")
READS = 200
TURNS = 4
# Whether the one file is mapped.
MAPPED = "MAPPED" in os.environ


def cold():
    with open("/proc/sys/vm/drop_caches", "w") as switch:
        switch.write("3\n")


def tree_file(folder, sku, view):
    return f"{folder}/tree/{sku:06}/{view}.safetensors"


def fill(folder, skus, size):
    """The same content in all three; random bytes, since packed ones look like that."""
    os.makedirs(f"{folder}/tree")
    base = sqlite3.connect(f"{folder}/references.sqlite")
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE reference (sku TEXT, view TEXT, body BLOB, PRIMARY KEY (sku, view)) WITHOUT ROWID")
    with open(f"{folder}/references.one", "wb") as one:
        for sku in range(skus):
            os.makedirs(f"{folder}/tree/{sku:06}")
            for view in VIEWS:
                body = os.urandom(size)
                with open(tree_file(folder, sku, view), "wb") as file:
                    file.write(body)
                base.execute("INSERT INTO reference VALUES (?, ?, ?)", (f"{sku:06}", view, body))
                one.write(body)
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    # Pages that are not written yet stay in the cache whatever one asks.
    os.sync()


def from_tree(folder, size):
    def read(sku, view):
        with open(tree_file(folder, sku, VIEWS[view]), "rb") as file:
            return file.read()

    return read


def from_sqlite(folder, size):
    base = sqlite3.connect(f"{folder}/references.sqlite")
    query = "SELECT body FROM reference WHERE sku = ? AND view = ?"
    return lambda sku, view: base.execute(query, (f"{sku:06}", VIEWS[view])).fetchone()[0]


def from_one(folder, size):
    file = os.open(f"{folder}/references.one", os.O_RDONLY)
    if MAPPED:
        mapped = mmap.mmap(file, 0, prot=mmap.PROT_READ)
        return lambda sku, view: mapped[(sku * 2 + view) * size : (sku * 2 + view + 1) * size]
    return lambda sku, view: os.pread(file, size, (sku * 2 + view) * size)


def main():
    folder = sys.argv[1]
    skus = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    size = int(float(sys.argv[3]) * 1024) if len(sys.argv) > 3 else 90 * 1024
    if not os.path.exists(f"{folder}/tree"):
        fill(folder, skus, size)
    stores = {"folder tree": from_tree, "SQLite": from_sqlite, "one file": from_one}
    times = {name: {"cold": [], "warm": []} for name in stores}
    for _ in range(TURNS):
        for name, opened in stores.items():
            read = opened(folder, size)
            asked = [(random.randrange(skus), random.randrange(2)) for _ in range(READS // TURNS)]
            cold()
            for state in ("cold", "warm"):
                for sku, view in asked:
                    start = time.perf_counter()
                    assert len(read(sku, view)) == size
                    times[name][state].append((time.perf_counter() - start) * 1e3)
    print(f"{skus} SKUs of 2 views of {size} bytes, {READS} reads of each, milliseconds: median, 95 %, largest")
    for name, by_state in times.items():
        for state, taken in by_state.items():
            taken.sort()
            middle, high = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
            print(f"  {name:16} {state} {middle:8.3f} {high:8.3f} {taken[-1]:8.3f}")


main()
