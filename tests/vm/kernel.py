#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Makes an unpacked kernel package ready to boot: the image, and the modules the machine loads.

  kernel.py PACKAGE OUT MODULE...

OUT/image is the kernel; of x86 the ELF image inside, which QEMU starts by itself, a second or two
sooner than the image could unpack itself. OUT/modules holds the modules and what they depend on,
unpacked, named so that their alphabetical order is the order to load them in; OUT/release names the
kernel. Built-in modules are left out.
"""
import glob
import lzma
import os
import struct
import subprocess
import sys

ELF = b"\x7fELF"
# How a kernel may be packed: first bytes, and the program that unpacks it.
PACKERS = ((b"\x28\xb5\x2f\xfd", ["zstd", "-dcq"]), (b"\x02\x21\x4c\x18", ["lz4", "-dcq"]),
           (b"\xfd7zXZ\x00", ["xz", "-dcq", "--single-stream"]), (b"\x1f\x8b\x08", ["gzip", "-dcq"]))


def unpacked_image(data):
    """The ELF image in a bzImage, or None: Documentation/arch/x86/boot.rst, payload_offset."""
    if len(data) < 0x250 or data[0x202:0x206] != b"HdrS":
        return None
    setup = (data[0x1f1] or 4) + 1
    offset, length = struct.unpack_from("<II", data, 0x248)
    payload = data[setup * 512 + offset:][:length]
    for magic, command in PACKERS:
        if payload.startswith(magic):
            try:
                # The image's length follows the packed bytes: unpackers complain and give all.
                out = subprocess.run(command, input=payload[:-4], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, check=False).stdout
            except FileNotFoundError:
                return None
            return out if out.startswith(ELF) else None
    return None


def module_bytes(path):
    with open(path, "rb") as f:
        data = f.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def name_of(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def depends_of(data):
    for word in data.split(b"\0"):
        if word.startswith(b"depends="):
            return [d.decode().replace("-", "_") for d in word[8:].split(b",") if d]
    return []


def load_order(files, wanted):
    """Names in the order in which they must be loaded."""
    order = []

    def add(name):
        if name in order or name not in files:
            return
        for d in depends_of(module_bytes(files[name])):
            add(d)
        order.append(name)
    for name in wanted:
        add(name)
    return order


def only(pattern):
    found = glob.glob(pattern, recursive=True)
    if not found:
        sys.exit("kernel.py: there is no %s" % pattern)
    return found[0]


def main():
    package, out, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    image = only(package + "/**/vmlinuz*")
    modules = os.path.dirname(only(package + "/**/modules/*/kernel"))
    with open(image, "rb") as f:
        data = f.read()
    os.makedirs(out + "/modules", exist_ok=True)
    with open(out + "/image", "wb") as f:
        f.write(unpacked_image(data) or data)
    files = {name_of(p): p for p in glob.glob(modules + "/kernel/**/*.ko*", recursive=True)}
    for n, name in enumerate(load_order(files, wanted)):
        with open("%s/modules/%02d-%s.ko" % (out, n, name), "wb") as f:
            f.write(module_bytes(files[name]))
    with open(out + "/release", "w", encoding="ascii") as f:
        f.write(os.path.basename(modules) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
