#!/usr/bin/env python3
"""Cut a CPU-only libtorch out of the wheels that scripts/pins names.

usage: cut-libtorch.py OUT TORCH_WHEEL CUDA_RUNTIME_WHEEL CUDA_CUPTI_WHEEL

OUT must not exist. It receives what a C++ program needs and nothing else:

    include/                 the C++ headers
    lib/libtorch_cpu.so      the CPU kernels (they name the next four)
    lib/libc10.so, lib/libgomp.so.1, lib/libcudart.so.13, lib/libcupti.so.13
    lib/libtorch.so          made here: empty, linked to libtorch_cpu and libc10
    licenses/, build-version

The wheel's own libtorch.so pulls libtorch_cuda and with it 2.5 GB of CUDA libraries; an empty
one that names only the CPU parts takes its place. libcudart and libcupti must be there because
libtorch_cpu was linked against them; without a GPU they are loaded and never used.

Python's standard library only; g++ links the empty library.
"""

import pathlib
import shutil
import subprocess
import sys
import zipfile

TORCH_LIBRARIES = ["libtorch_cpu.so", "libc10.so", "libgomp.so.1"]


def fail(message):
    sys.exit(f"cut-libtorch: {message}")


def extract(wheel, name, target):
    """Copy the member `name` of the open `wheel` to the path `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with wheel.open(name) as source, open(target, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    except KeyError:
        fail(f"{wheel.filename} holds no {name}; scripts/pins names another version than this script knows")


def cut(out, torch_wheel, runtime_wheel, cupti_wheel):
    """Fill the folder `out` from the three wheels."""
    with zipfile.ZipFile(torch_wheel) as wheel:
        for name in wheel.namelist():
            if name.endswith("/"):
                continue
            if name.startswith("torch/include/"):
                extract(wheel, name, out / name.removeprefix("torch/"))
            elif ".dist-info/licenses/" in name:
                extract(wheel, name, out / "licenses" / "torch" / name.split("/licenses/", 1)[1])
        for name in TORCH_LIBRARIES:
            extract(wheel, f"torch/lib/{name}", out / "lib" / name)
    for path, library in [(runtime_wheel, "libcudart.so.13"), (cupti_wheel, "libcupti.so.13")]:
        with zipfile.ZipFile(path) as wheel:
            extract(wheel, f"nvidia/cu13/lib/{library}", out / "lib" / library)
            for name in wheel.namelist():
                if ".dist-info/licenses/" in name:
                    extract(wheel, name, out / "licenses" / library / pathlib.Path(name).name)

    version = pathlib.Path(torch_wheel).name.split("-")[1]
    (out / "build-version").write_text(f"{version}\n")


def link_empty_libtorch(lib):
    """Make lib/libtorch.so: no code, only the names of the CPU libraries it stands for."""
    command = ["g++", "-shared", "-o", str(lib / "libtorch.so"), "-x", "c++", "/dev/null"]
    command += ["-x", "none", "-Wl,--no-as-needed", "-Wl,-soname,libtorch.so", "-Wl,-rpath,$ORIGIN"]
    command += [f"-L{lib}", "-l:libtorch_cpu.so", "-l:libc10.so"]
    # The libraries' own needs (libcudart, libcupti, libgomp) lie beside them.
    command += [f"-Wl,-rpath-link,{lib}"]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"linking an empty libtorch.so failed: {error}; is g++ installed?")


def main():
    if len(sys.argv) != 5:
        fail("usage: cut-libtorch.py OUT TORCH_WHEEL CUDA_RUNTIME_WHEEL CUDA_CUPTI_WHEEL")
    out = pathlib.Path(sys.argv[1])
    if out.exists():
        fail(f"{out} exists; give a folder that does not")
    try:
        cut(out, *sys.argv[2:])
    except (OSError, zipfile.BadZipFile) as error:
        fail(f"{error}; delete the wheel it names and run scripts/bootstrap again, or free disk space")
    link_empty_libtorch(out / "lib")


if __name__ == "__main__":
    main()
