#!/usr/bin/env python3
"""Make a model folder of a backbone that you bring: backbone.pt, golden.json and backbone.onnx.

    export-backbone.py torchscript FILE.pt OUT     a TorchScript file
    export-backbone.py timm MODEL OUT              a model of the package timm, with its weights
    export-backbone.py hub REPOSITORY MODEL OUT    a model of torch.hub, for example DINOv2

Needs PyTorch of the version in scripts/pins or an older one (libtorch reads what older ones wrote), and
for the second also timm; onnx and, to compare what was written, onnxruntime are welcome:

    python3 -m venv /tmp/export
    /tmp/export/bin/pip install torch==2.13.0 numpy onnx onnxruntime timm
    /tmp/export/bin/python scripts/export-backbone.py timm vit_small_patch14_dinov2.lvd142m models/dinov2

Then name the folder: `[model] folder` in the line file, or `inspectctl --model`. References and damage
heads belong to one backbone: learn and train anew.

The contract, which the program that is written honours: pictures are [N, 3, H, W], each value
(v - 127) / 128 of 0..255, H and W multiples of 32. The answer is one feature map, or a tuple of two of
strides s and 2s, finest first, whose strides divide 32. A model that wants other normalisation gets it
inside the program (--mean, --std, of values from 0 to 1; timm's models say their own).

A vision transformer gives one grid. Its patches are rarely 16 pixels wide, so pictures are scaled such
that each 16 x 16 pixels become one patch, and its table of positions is interpolated, without the antialiasing
that some use for that: ONNX files cannot say it. One that knows a single size of picture is asked with
--fixed-size PIXELS: every picture is scaled to that square, and the grid back to the picture's cells.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import sys
import warnings

import torch
import torch.nn.functional as F

from golden_outputs import SHAPES, TOLERANCE, golden_json, pattern

# Pixels of a picture that become one patch of a transformer.
CELL = 16
# Pictures are multiples of this.
MULTIPLE = 32
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def fail(message):
    sys.exit(f"export-backbone: {message}")


def without_antialiasing():
    """From now on pictures and tables are scaled by operations that ONNX files have."""
    plain = F.interpolate
    F.interpolate = lambda *args, **kwargs: plain(*args, **{**kwargs, "antialias": False})


class Normalised(torch.nn.Module):
    """A network that wants (v / 255 - mean) / std, fed with (v - 127) / 128."""

    def __init__(self, network, mean, std):
        super().__init__()
        self.network = network
        self.register_buffer("scale", 128 / 255 / torch.tensor(std).view(1, 3, 1, 1))
        shift = (127 / 255 - torch.tensor(mean)) / torch.tensor(std)
        self.register_buffer("shift", shift.view(1, 3, 1, 1))

    def forward(self, pictures):
        return self.network(pictures * self.scale + self.shift)


class Grid(torch.nn.Module):
    """A transformer with patches of `patch` pixels, one for each CELL x CELL pixels of a picture."""

    def __init__(self, network, patch, fixed_size):
        super().__init__()
        self.network = network
        self.patch = patch
        self.fixed_size = fixed_size

    def forward(self, pictures):
        rows, columns = pictures.shape[2] // CELL, pictures.shape[3] // CELL
        if self.fixed_size:
            size = (self.fixed_size, self.fixed_size)
        else:
            size = (rows * self.patch, columns * self.patch)
        scaled = F.interpolate(pictures, size=size, mode="bilinear", align_corners=False)
        grid = self.network(scaled)
        if self.fixed_size:
            grid = F.interpolate(grid, size=(rows, columns), mode="bilinear", align_corners=False)
        return grid


class Maps(torch.nn.Module):
    """A network whose answer is a list, of which some are the feature maps."""

    def __init__(self, network, at):
        super().__init__()
        self.network = network
        self.at = at

    def forward(self, pictures):
        maps = self.network(pictures)
        return maps[self.at[0]] if len(self.at) == 1 else tuple(maps[at] for at in self.at)


class LastLayer(torch.nn.Module):
    """The last layer of a network in the manner of DINOv2, as a grid."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pictures):
        return self.network.get_intermediate_layers(pictures, n=1, reshape=True)[0]


def from_timm(options):
    try:
        import timm
    except ImportError:
        fail("the package timm is missing; install it with pip")
    about = {"pretrained": not options.random_weights}
    try:
        network = timm.create_model(options.model, features_only=True, **about)
    except Exception as error:
        fail(f"timm has no {options.model} with feature maps, or not its weights: {error}")
    reductions = list(network.feature_info.reduction())
    config = getattr(network, "pretrained_cfg", None) or network.default_cfg
    normal = (config.get("mean", IMAGENET[0]), config.get("std", IMAGENET[1]))
    if len(set(reductions)) == 1:
        # A transformer: all its layers have the patches of the first.
        if not options.fixed_size:
            network = timm.create_model(
                options.model, features_only=True, dynamic_img_size=True, **about
            )
        maps = Maps(network, [len(reductions) - 1])
        return Grid(maps, reductions[0], options.fixed_size), normal
    wanted = [reductions.index(stride) for stride in (8, 16) if stride in reductions]
    if not wanted:
        fail(f"{options.model} has strides {reductions}, of which none is 8 or 16")
    return Maps(network, wanted), normal


def from_hub(options):
    network = torch.hub.load(options.repository, options.model, pretrained=not options.random_weights)
    if not hasattr(network, "get_intermediate_layers"):
        fail(f"{options.model} has no get_intermediate_layers, as DINOv2 has; trace it yourself, and "
             "export the TorchScript file")
    return Grid(LastLayer(network), network.patch_size, options.fixed_size), IMAGENET


def from_file(options):
    try:
        return torch.jit.load(options.file, map_location="cpu"), None
    except (RuntimeError, ValueError) as error:
        fail(f"{options.file} is no TorchScript: {str(error).splitlines()[0]}")


def as_maps(answer):
    return [answer] if isinstance(answer, torch.Tensor) else list(answer)


def checked(maps, shape):
    """The strides of maps that honour the contract; says what else is wrong."""
    strides = []
    for at, found in enumerate(maps):
        if found.dim() != 4 or found.shape[0] != shape[0]:
            fail(f"map {at} has the shape {list(found.shape)}, not [N, channels, rows, columns]")
        stride = shape[2] // found.shape[2]
        if (found.shape[2] * stride, found.shape[3] * stride) != shape[2:] or MULTIPLE % stride:
            fail(f"map {at} has {list(found.shape[2:])} rows and columns for a picture of "
                 f"{list(shape[2:])} pixels; its stride must divide {MULTIPLE}")
        strides.append(stride)
    if not (len(strides) == 1 or len(strides) == 2 and strides[1] == 2 * strides[0]):
        fail(f"the maps have the strides {strides}; one map, or two of strides s and 2s are understood")
    return strides


def difference(found, expected):
    """As golden.rs takes it: absolute for small values, relative for large ones."""
    pairs = zip(as_maps(found), as_maps(expected), strict=True)
    return max(((a - b).abs() / (1 + b.abs())).max().item() for a, b in pairs)


def traced(network):
    """The network as TorchScript, for pictures of any size."""
    with torch.no_grad():
        program = torch.jit.trace(network, pattern((1, 3, 320, 256)), check_trace=False)
        for shape in [*SHAPES, (1, 3, 64, 352)]:
            try:
                found = difference(program(pattern(shape)), network(pattern(shape)))
            except RuntimeError as error:
                found = str(error).strip().splitlines()[-1]
            if not (isinstance(found, float) and found < TOLERANCE):
                fail(f"traced, the network does not follow the size of the picture (for {list(shape)}: "
                     f"{found}); try --fixed-size with the size that it was trained for")
    return program


def write_onnx(program, path):
    """Writes the ONNX file; says why not where that fails, since TorchScript is enough."""
    example = pattern((1, 3, 320, 256))
    count = len(as_maps(program(example)))
    names = [f"map{at}" for at in range(count)]
    axes = {"x": {0: "n", 2: "h", 3: "w"}}
    axes |= {name: {0: "n", 2: f"h_{name}", 3: f"w_{name}"} for name in names}
    try:
        torch.onnx.export(program, (example,), str(path), input_names=["x"], output_names=names,
                          dynamic_axes=axes, opset_version=17, dynamo=False)
    except Exception as error:
        path.unlink(missing_ok=True)
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        print(f"no backbone.onnx: {said}; TorchScript will run")
        return
    try:
        import onnxruntime
    except ImportError:
        print("backbone.onnx was not compared here, for lack of onnxruntime; it is when it is loaded")
        return
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for shape in SHAPES:
        found = [torch.from_numpy(map) for map in session.run(None, {"x": pattern(shape).numpy()})]
        worst = max(worst, difference(found, program(pattern(shape))))
    if worst > TOLERANCE:
        path.unlink()
        print(f"no backbone.onnx: it computes something else (difference {worst:.1e})")
    else:
        print(f"backbone.onnx: largest difference from TorchScript {worst:.1e}")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, names in {
        "torchscript": ["file"],
        "timm": ["model"],
        "hub": ["repository", "model"],
    }.items():
        add = kinds.add_parser(kind).add_argument
        for name in names:
            add(name)
        add("out", type=pathlib.Path, help="the model folder; it must not exist yet")
        add("--mean", type=float, nargs=3, help="mean of each channel, from 0 to 1")
        add("--std", type=float, nargs=3, help="deviation of each channel, from 0 to 1")
        add("--no-onnx", action="store_true", help="write no backbone.onnx")
        add("--runtime", type=pathlib.Path, help="libonnxruntime.so, to be put beside backbone.onnx")
        if kind != "torchscript":
            add("--fixed-size", type=int, metavar="PIXELS",
                help="side of the square that a transformer was trained for")
            add("--random-weights", action="store_true", help="for trying this program only")
    return parser.parse_args()


def main():
    options = arguments()
    if options.out.exists():
        fail(f"{options.out} exists; delete it or name another folder")
    torch.set_num_threads(1)
    # Tracing warns of each number that it takes for a constant; what is traced is compared.
    warnings.simplefilter("ignore")
    without_antialiasing()
    make = {"torchscript": from_file, "timm": from_timm, "hub": from_hub}[options.kind]
    network, normal = make(options)
    if options.mean or options.std:
        normal = (options.mean or IMAGENET[0], options.std or IMAGENET[1])
    network = network.eval()
    if normal is not None:
        network = Normalised(network, *normal).eval()
    with torch.no_grad():
        example = pattern(SHAPES[1])
        strides = checked(as_maps(network(example)), tuple(example.shape))
    program = network if options.kind == "torchscript" and normal is None else traced(network)

    partial = options.out.with_name(options.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    torch.jit.save(program, str(partial / "backbone.pt"))
    digest = hashlib.sha256((partial / "backbone.pt").read_bytes()).hexdigest()
    name = getattr(options, "model", None) or pathlib.Path(options.file).name
    text = golden_json(lambda pictures: as_maps(program(pictures)), name, digest,
                       f"torch {torch.__version__}")
    (partial / "golden.json").write_text(text)
    if not options.no_onnx:
        with torch.no_grad():
            write_onnx(program, partial / "backbone.onnx")
    if options.runtime:
        try:
            os.link(options.runtime, partial / "libonnxruntime.so")
        except OSError:
            shutil.copyfile(options.runtime, partial / "libonnxruntime.so")
    partial.rename(options.out)
    print(f"{options.out}: {name}, feature maps of stride {' and '.join(map(str, strides))}")


if __name__ == "__main__":
    main()
