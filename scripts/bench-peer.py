#!/usr/bin/env python3
"""Measure anomalib's PatchCore next to inspectd, with inspectd's backbone. See scripts/bench-peer.

Both learn from `train/good` and score `test/*`, neither sees a label, and one table has both.

* The peer is anomalib's PatchcoreModel as it is: its pooling, coreset (a tenth of the patches),
  weighted score of nine neighbours (both its defaults) and anomaly map. Only its feature extractor
  is replaced, by backbone.pt, whose maps of stride 8 and 16 stand in for its layers.
* A view is scaled to 320 x 320 as a whole, proportions lost, as anomalib's Resize does; inspectd
  gives the item itself the same area. Pixels become (x - 127) / 128 on both sides.
* The peer knows no items of several views. Its scores are standardised view by view, by mean and
  standard deviation of the normals (each scored by a model of the other half of them: a model's
  own normals would score too low), and the largest of an item's views counts.
* ms: from the decoded picture to the score, on one thread, on average; of a fused row, the sum over
  an item's views. State: what is kept of one SKU; the peer's memory bank, inspectd's reference file.
"""

import argparse
import collections
import ctypes
import hashlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

# Functions of CUDA libraries are looked up when they are called, which is never.
sys.setdlopenflags(os.RTLD_LAZY)
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import torch
from anomalib.models.image.patchcore.torch_model import PatchcoreModel
from PIL import Image
from sklearn.metrics import roc_auc_score
from torchvision.transforms.v2 import functional as transforms

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE = 320
# Defaults of anomalib's Patchcore.
CORESET_SHARE = 0.1
NEIGHBOURS = 9
LAYERS = ["layer2", "layer3"]
# mallopt(3), and what glibc's own thresholds grow to.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_MMAP_THRESHOLD = 32 << 20
# A TorchScript module compiles itself during its first calls.
WARM_UP = 20
# The view's name where the folder names none.
ONLY_VIEW = "view"
ENDINGS = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

Row = collections.namedtuple("Row", "method view items auroc ms state")


def say(words):
    print(words, file=sys.stderr, flush=True)


def fail(what, todo):
    sys.exit(f"bench-peer: {what}\n  do: {todo}")


# The pictures, by the rules of vision/base/src/dataset/.


def pictures_in(folder):
    if not folder.is_dir():
        return []
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return sorted(file for file in files if file.suffix.lower() in ENDINGS)


def folders_in(folder):
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != ".")


def read_dataset(root):
    """The normal pictures by view, and the test pictures: {(class, item): {view: file}}."""
    views = {folder.name: folder for folder in folders_in(root / "views")} or {ONLY_VIEW: root}
    normals, items = {}, {}
    for view, folder in views.items():
        normals[view] = pictures_in(folder / "train" / "good")
        if len(normals[view]) < 2:
            fail(f"view {view} has fewer than two normal pictures", f"put some into {folder}/train/good")
        for kind in folders_in(folder / "test"):
            for file in pictures_in(kind):
                name = file.stem
                if len(views) > 1 and "_" in name:
                    name = name.rsplit("_", 1)[0]
                items.setdefault((kind.name, name), {})[view] = file
    if len({kind == "good" for kind, _ in items}) < 2:
        fail(f"{root} lacks test pictures", "put some into test/good and test/<class of defect>")
    return normals, items


def decode(file):
    """[3, H, W], 8 bits."""
    try:
        return transforms.pil_to_tensor(Image.open(file).convert("RGB"))
    except OSError as error:
        fail(f"cannot read {file}: {error}", "mend or remove that file")


# The peer.


class Backbone(torch.nn.Module):
    """backbone.pt where anomalib expects its feature extractor."""

    def __init__(self, file):
        super().__init__()
        self.module = torch.jit.load(file).eval()

    def forward(self, pictures):
        return dict(zip(LAYERS, self.module(pictures), strict=True))


def large_blocks_from_heap(wanted):
    """Where memory for large tensors comes from; False keeps anomalib's coreset from exhausting it.

    Each of its thousands of steps keeps a small tensor and frees large ones. On the heap these leave
    gaps that the next do not fit into: measured with 12 pictures, more than 20 GB in the end instead
    of 0.7. Scoring is faster from the heap, which is also glibc's default.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD if wanted else 1 << 20)
    libc.mallopt(M_TRIM_THRESHOLD, 2 * LARGEST_MMAP_THRESHOLD)


class Peer:
    """PatchCore of one view."""

    def __init__(self, backbone, pictures):
        torch.manual_seed(1)
        # resnet18 without weights fetches nothing, and is replaced at once.
        self.model = PatchcoreModel(LAYERS, "resnet18", pre_trained=False, num_neighbors=NEIGHBOURS)
        self.model.feature_extractor = backbone
        self.model.train()
        for picture in pictures:
            self.model(self.prepare(picture))
        large_blocks_from_heap(False)
        self.model.subsample_embedding(CORESET_SHARE)
        large_blocks_from_heap(True)
        self.model.eval()
        for _ in range(WARM_UP):
            self.score(pictures[0])

    def prepare(self, picture):
        small = transforms.resize(picture, [SIDE, SIDE], antialias=True)
        return ((small.float() - 127) / 128).unsqueeze(0)

    def score(self, picture):
        return self.model(self.prepare(picture)).pred_score.item()

    def state(self):
        return self.model.memory_bank.nbytes


def standard(backbone, pictures):
    """Mean and standard deviation of normal scores, each from a model of the other half."""
    halves = [pictures[0::2], pictures[1::2]]
    scores = []
    for learned, held_out in [halves, halves[::-1]]:
        peer = Peer(backbone, learned)
        scores += [peer.score(picture) for picture in held_out]
    scores = torch.tensor(scores)
    return scores.mean().item(), max(scores.std().item(), 1e-9)


def auroc(scores):
    """`scores`: {(class, item): score}; None where one side is missing."""
    damaged = [kind != "good" for kind, _ in scores]
    return roc_auc_score(damaged, list(scores.values())) if len(set(damaged)) == 2 else None


def measure_peer(model, normals, items):
    backbone = Backbone(model / "backbone.pt")
    rows, took, state = [], collections.Counter(), 0
    surprises = collections.defaultdict(list)
    for view, files in normals.items():
        say(f"anomalib, view {view}: learning from {len(files)} pictures (minutes) ...")
        pictures = [decode(file) for file in files]
        mean, spread = standard(backbone, pictures) if len(normals) > 1 else (0.0, 1.0)
        peer = Peer(backbone, pictures)
        scores = {}
        for item, views in items.items():
            if view not in views:
                continue
            picture = decode(views[view])
            start = time.perf_counter()
            scores[item] = peer.score(picture)
            took[view] += time.perf_counter() - start
            surprises[item].append((scores[item] - mean) / spread)
        ms = 1e3 * took[view] / max(len(scores), 1)
        say(f"anomalib, view {view}: {ms:.0f} ms a view")
        rows.append(Row("anomalib PatchCore", view, len(scores), auroc(scores), ms, peer.state()))
        state += peer.state()
    fused = {item: max(of_views) for item, of_views in surprises.items()}
    ms = 1e3 * took.total() / len(fused)
    rows.append(Row("anomalib PatchCore", "fused", len(fused), auroc(fused), ms, state))
    return rows


# inspectd.


def inspectctl(program, *words):
    """What inspectctl answers, as JSON."""
    say(f"inspectctl {' '.join(map(str, words))} ...")
    answer = subprocess.run([program, *words, "--json"], stdout=subprocess.PIPE, check=False)
    if answer.returncode != 0:
        fail(f"inspectctl {words[0]} failed", "read its message above")
    return json.loads(answer.stdout)


def measure_inspectd(program, model, data):
    sha256 = hashlib.sha256((model / "backbone.pt").read_bytes()).hexdigest()
    named = [] if (data / "views").is_dir() else ["--view", ONLY_VIEW]
    rows = []
    with tempfile.TemporaryDirectory() as work:
        references = pathlib.Path(work, "references")
        where = ["--model", model, "--references", references]
        learned = inspectctl(program, "learn", data, "--sku", "peer", *where, *named)
        state = {view["view"]: pathlib.Path(view["path"]).stat().st_size for view in learned["views"]}
        for method, flags in [("inspectd --no-head", ["--no-head"]), ("inspectd", [])]:
            picture = pathlib.Path(work, "evaluation.svg")
            found = inspectctl(program, "evaluate", data, "--model", model, "--picture", picture, *flags)
            if sha256 not in found["package"]:
                fail(f"inspectctl scored with another backbone than {sha256}", "build it anew: make build")
            if found["broken"]:
                fail(f"inspectctl could not score {found['broken']}", "mend or remove these files")
            state["fused"] = sum(state[view] for view in found["views"])
            for view, figures in [*found["views"].items(), ("fused", found["overall"])]:
                auroc, ms = figures["auroc"], figures["ms_per_item"]
                rows.append(Row(method, view, figures["items"], auroc, ms, state[view]))
    return rows


def check_same_items(rows):
    """Both sides must have understood the folder alike."""
    counts = collections.defaultdict(set)
    for row in rows:
        counts[row.view].add(row.items)
    for view, different in counts.items():
        if len(different) > 1:
            fail(f"of view {view} not all methods scored as many items: {different}", "report this as a bug")


def print_table(rows):
    lines = [("method", "view", "items", "AUROC", "ms, one thread", "state, kB")]
    for row in rows:
        quality = "-" if row.auroc is None else f"{row.auroc:.3f}"
        state = f"{row.state / 1e3:.0f}"
        lines.append((row.method, row.view, str(row.items), quality, f"{row.ms:.0f}", state))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        cells = (cell.ljust(w) if at < 2 else cell.rjust(w) for at, (cell, w) in enumerate(zip(line, widths)))
        print(f"| {' | '.join(cells)} |")


def arguments():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    parser = argparse.ArgumentParser(prog="bench-peer", description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=pathlib.Path, help="the folder of pictures")
    parser.add_argument("--model", type=pathlib.Path, default=cache / "inspectd/models/efficientnet-lite0",
                        help="folder of the model [default: that of scripts/bootstrap]")
    parser.add_argument("--inspectctl", type=pathlib.Path, default=ROOT / target / "release/inspectctl",
                        help="the program [default: that of make build]")
    return parser.parse_args()


def main():
    options = arguments()
    if not options.data.is_dir():
        fail(f"{options.data} is no folder", "name a folder of pictures: make bench-peer DATA=folder")
    if not (options.model / "backbone.pt").exists():
        fail(f"there is no {options.model}/backbone.pt", "run scripts/bootstrap")
    normals, items = read_dataset(options.data)
    # inspectd first: what it refuses is known before the peer's long learning.
    built = options.inspectctl.exists()
    rows = measure_inspectd(options.inspectctl, options.model, options.data) if built else []
    torch.set_num_threads(1)
    with torch.no_grad():
        rows = measure_peer(options.model, normals, items) + rows
    check_same_items(rows)
    print_table(rows)
    if not built:
        print(f"inspectd was not measured: there is no {options.inspectctl}; make build makes it")


if __name__ == "__main__":
    main()
