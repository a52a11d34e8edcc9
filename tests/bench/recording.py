#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Makes a long recording out of a real one: its events again and again, later each time.

  recording.py FROM TO EVENTS

Knows the frame of a recording (user/source/recfile.h); where a field lies in a record it takes
from the schema that the recording carries itself.
"""
import json
import struct
import sys
import zlib

HEAD = struct.Struct("=8sIIIIQ16sII")
SECOND_NS = 1000000000


def read(path):
    """Head with schema as bytes, the schema, and the records, each with its padding."""
    with open(path, "rb") as f:
        data = f.read()
    magic, _, version, _, schema_len, _, _, _, _ = HEAD.unpack_from(data)
    if magic != b"HULLWREC" or version != 1:
        sys.exit("%s: no recording of a kind that this script knows" % path)
    end = HEAD.size + schema_len
    schema = json.loads(data[HEAD.size:end])
    stream = zlib.decompress(data[end:])
    return data[:end], schema, stream


def header_fields(schema):
    hdr = next(e for e in schema["events"] if e["name"] == "hdr")
    return {f["name"]: f["offset"] for f in hdr["fields"]}


def split(stream, at):
    pos = 0
    while True:
        size, = struct.unpack_from("=I", stream, pos + at["size"])
        kind, = struct.unpack_from("=H", stream, pos + at["type"])
        if kind == 0:
            return
        padded = (size + 7) & ~7
        yield kind, stream[pos:pos + padded]
        pos += padded


def end_record(stream, at, records, length):
    """The real recording's last record, counting anew."""
    pos = 0
    while struct.unpack_from("=H", stream, pos + at["type"])[0]:
        pos += (struct.unpack_from("=I", stream, pos + at["size"])[0] + 7) & ~7
    last = bytearray(stream[pos:])
    struct.pack_into("=Q", last, at["seq"], records)
    struct.pack_into("=Q", last, at["cgroup"], length)
    return bytes(last)


def repeat(source, target, events):
    """Writes target; returns how many events (facts apart) it has."""
    head, schema, stream = read(source)
    at = header_fields(schema)
    facts = {e["id"] for e in schema["events"] if e["class"] == "fact"}
    rows = list(split(stream, at))
    body = [r for kind, r in rows if kind not in facts]
    first, last = (struct.unpack_from("=Q", body[i], at["time"])[0] for i in (0, -1))
    step = last - first + SECOND_NS
    out = zlib.compressobj(1)
    written, records, length = 0, 0, 0
    with open(target, "wb") as f:
        f.write(head)
        for _, r in rows:
            f.write(out.compress(r))
            records, length = records + 1, length + len(r)
        written = len(body)
        round_no = 1
        while written < events:
            for r in body:
                again = bytearray(r)
                time, seq = (struct.unpack_from("=Q", r, at[k])[0] for k in ("time", "seq"))
                struct.pack_into("=Q", again, at["time"], time + round_no * step)
                struct.pack_into("=Q", again, at["seq"], seq + round_no * len(body))
                f.write(out.compress(bytes(again)))
                length += len(again)
            written, records = written + len(body), records + len(body)
            round_no += 1
        f.write(out.compress(end_record(stream, at, records, length)))
        f.write(out.flush())
    return written


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(repeat(sys.argv[1], sys.argv[2], int(sys.argv[3])))
