#!/usr/bin/env python3
"""Measure reading text next to rapidocr. See scripts/bench-label.

Both sides read the same pictures in turn, ten by ten, so that a busy machine is busy for both. ms: from
the decoded picture to the lines; inspectctl's also holds the search for codes and the meaning of the
text, which rapidocr does not do. rapidocr runs as it comes, with the same number of threads.
"""

import argparse
import json
import logging
import os
import pathlib
import statistics
import subprocess
import time

import cv2
from rapidocr import RapidOCR

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENDINGS = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
TURN = 10


def arguments():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="pictures, also in folders below")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read every Nth picture only")
    parser.add_argument("--inspectctl", type=pathlib.Path, default=target / "release" / "inspectctl")
    return parser.parse_args()


def engine(threads):
    return RapidOCR(params={
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Global.log_level": "error",
    })


def ours(options, files):
    """Milliseconds of each of `files`, and the number of lines in all."""
    command = [options.inspectctl, "label", "--json", "--threads", str(options.threads), *files]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return [one["ms"] for one in answer], sum(len(one["lines"]) for one in answer)


def theirs(peer, files):
    times, lines = [], 0
    for file in files:
        picture = cv2.imread(str(file))
        start = time.perf_counter()
        read = peer(picture)
        times.append((time.perf_counter() - start) * 1e3)
        lines += len(read.txts or ())
    return times, lines


def main():
    options = arguments()
    logging.disable(logging.WARNING)
    files = sorted(file for file in options.folder.rglob("*") if file.suffix.lower() in ENDINGS)[::options.every]
    if not files:
        raise SystemExit(f"bench-label: no picture in {options.folder}")
    peer = engine(options.threads)
    sides = {"inspectctl label": ([], []), "rapidocr": ([], [])}
    theirs(peer, files[:2])
    for at in range(0, len(files), TURN):
        turn = files[at : at + TURN]
        # The first picture of a turn warms the networks up; it does not count.
        for name, (times, lines) in [
            ("inspectctl label", ours(options, [turn[0], *turn])),
            ("rapidocr", theirs(peer, [turn[0], *turn])),
        ]:
            sides[name][0].extend(times[1:])
            sides[name][1].append(lines)
    print(f"{len(files)} pictures, {options.threads} threads")
    for name, (times, lines) in sides.items():
        print(f"{name:17} mean {statistics.mean(times):6.0f} ms, median {statistics.median(times):6.0f} ms, "
              f"{sum(lines)} lines")
    (mine, _), (other, _) = sides.values()
    print(f"ratio of means {statistics.mean(mine) / statistics.mean(other):.2f}")


if __name__ == "__main__":
    main()
