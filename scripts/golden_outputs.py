"""Golden outputs: what a network answers to a known input, as golden.json keeps it.

The input is a formula on integers that Rust evaluates to the same floats, bit by bit (see
vision/features/src/backbone/golden.rs, `pattern`). For each output the file keeps the shape, mean, standard
deviation (population) and 32 values, element k * last // 31 of the flattened output for k in
0..32, so that both corners, where a wrong padding shows first, are among them.

Needs PyTorch.
"""

import json
import re

import torch

SHAPES = [(1, 3, 224, 224), (2, 3, 320, 256)]
SAMPLES = 32
TOLERANCE = 2e-3


def pattern(shape):
    """Pixel (n, c, y, x) is (7x + 13y + 31c + 17n + (x xor y) + xy/16) mod 256, normalised."""
    n, c, y, x = torch.meshgrid(*[torch.arange(size) for size in shape], indexing="ij")
    pixel = (7 * x + 13 * y + 31 * c + 17 * n + (x ^ y) + (x * y) // 16) % 256
    return (pixel.to(torch.float32) - 127) / 128


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


def golden_json(features, model, weights_sha256, made_with):
    """The file's text; `features` takes pictures and gives the feature maps, finest first."""
    cases = []
    with torch.no_grad():
        for shape in SHAPES:
            outputs = [describe(feature) for feature in features(pattern(shape))]
            cases.append({"input": list(shape), "outputs": outputs})
    golden = {
        "model": model,
        "weights_sha256": weights_sha256,
        "made_with": made_with,
        "input": " ".join(pattern.__doc__.split()),
        "tolerance": TOLERANCE,
        "cases": cases,
    }
    text = json.dumps(golden, indent=1)
    return re.sub(r"\[([^\[\]{}]*)\]", lambda m: f"[{' '.join(m[1].split())}]", text) + "\n"
