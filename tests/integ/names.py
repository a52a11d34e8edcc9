#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Questions about names that are hard to print, for test_json.

  names.py FEED TRUTH CONTAINER   every file of TRUTH (lines of the actor's weird-names) was seen
                                  in CONTAINER under its name
  names.py --pretty FILE          lines for people: UTF-8 without control characters
"""
import json
import re
import sys
import time


def seen_names(feed, container):
    out = set()
    with open(feed, encoding="utf-8") as f:
        for line in f:
            if not line.endswith("\n"):
                break
            o = json.loads(line)
            if o["kind"] == "event" and o["event"]["type"] == "openat" and \
                    o["container"].get("full_id") == container:
                out.add(o["event"]["args"].get("name"))
    return out


def said(truth):
    """The path as it must appear: bad bytes are U+FFFD, one for each bad subpart."""
    if "path" in truth:
        return truth["path"]
    return bytes.fromhex(truth["path_hex"]).decode("utf-8", "replace")


def names(feed, truth, container):
    with open(truth, encoding="utf-8") as f:
        wanted = [said(json.loads(t)) for t in f]
    end = time.monotonic() + 15
    missing = wanted
    while missing and time.monotonic() < end:
        seen = seen_names(feed, container)
        missing = [w for w in wanted if w not in seen]
        time.sleep(0.1)
    for m in missing:
        print("not seen: %r" % m)
    if missing:
        print("seen: %r" % sorted(n for n in seen_names(feed, container) if n)[-40:])
    return 1 if missing or not wanted else 0


def pretty(path):
    bad = 0
    with open(path, "rb") as f:
        for n, line in enumerate(f.read().split(b"\n"), 1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as e:
                text = "\0"
                print("line %d: %s" % (n, e))
            if re.search("[\x00-\x1f\x7f\x80-\x9f]", text):
                bad += 1
                print("line %d: %r" % (n, line[:300]))
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pretty"]:
        sys.exit(pretty(sys.argv[2]))
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(names(*sys.argv[1:]))
