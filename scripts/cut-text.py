#!/usr/bin/env python3
"""Cut what reading text needs out of the wheels that scripts/pins names.

usage: cut-text.py OUT PINS NAME=WHEEL...

OUT must not exist. It receives the files that the lines `text` of PINS list, each checked by its
SHA-256, and licenses/. NAME is a wheel's name in PINS, WHEEL its file.

Python's standard library only.
"""

import hashlib
import pathlib
import sys
import zipfile


def fail(message):
    sys.exit(f"cut-text: {message}")


def cut(out, pins, wheels):
    """Fill the folder `out`; `pins` are the lines of the list, `wheels` maps names to open wheels."""
    (out / "licenses").mkdir(parents=True)
    for line in pins:
        if not line.startswith("text "):
            continue
        _, name, sha256, wheel, member = line.split()
        try:
            content = wheels[wheel].read(member)
        except KeyError:
            fail(f"{wheel} holds no {member}; scripts/pins names another version of {wheel}")
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            fail(f"{member} of {wheel} has the SHA-256 {found}, scripts/pins says {sha256}")
        (out / name).write_bytes(content)
    for name, wheel in wheels.items():
        for member in wheel.namelist():
            last = member.rsplit("/", 1)[-1]
            if last.startswith(("LICENSE", "MODEL_LICENSES", "ThirdPartyNotices")):
                (out / "licenses" / f"{name}-{last}").write_bytes(wheel.read(member))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    out, pins, *named = sys.argv[1:]
    pairs = (pair.split("=", 1) for pair in named)
    wheels = {name: zipfile.ZipFile(file) for name, file in pairs}
    cut(pathlib.Path(out), pathlib.Path(pins).read_text(encoding="utf-8").splitlines(), wheels)


if __name__ == "__main__":
    main()
