#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Questions about many short-lived containers, for test_docker.

  brief.py complete LIST FEED   LIST has "ID NAME" lines; every line of FEED about one of them must
                                have its id, name and image, and each must have the alert of its
                                first program
  brief.py lives                reads "STARTED FINISHED" lines; says how long they lived
"""
import datetime
import json
import statistics
import sys


def fault(container, name):
    image = container.get("image") or {}
    if container.get("name") != name:
        return "name is %r" % container.get("name")
    if image.get("repository") != "hw/busybox" or image.get("tag") != "1.0":
        return "image is %r" % image
    if container.get("why"):
        return "incomplete: %s" % container["why"]
    return None


def complete(list_path, feed_path):
    names = dict(line.split() for line in open(list_path))
    first, bad, lines = set(), 0, 0
    for line in open(feed_path, encoding="utf-8"):
        o = json.loads(line)
        container = o.get("container") or {}
        full_id = container.get("full_id")
        if full_id not in names:
            continue
        lines += 1
        why = fault(container, names[full_id])
        if why:
            bad += 1
            print("%s: %s: %s" % (names[full_id], why, line[:600]))
        elif o["kind"] == "alert" and o["process"]["entry"] == "init":
            first.add(full_id)
    print("%d lines, %d incomplete; first program seen of %d of %d" % (
        lines, bad, len(first), len(names)))
    for full_id in sorted(set(names) - first)[:5]:
        print("no alert of the first program of %s" % names[full_id])
    return 0 if not bad and len(first) == len(names) else 1


def lives():
    def seconds(text):
        return datetime.datetime.fromisoformat(text[:26].rstrip("Z")).timestamp()
    ms = []
    for line in sys.stdin:
        started, finished = line.split()
        ms.append(max(0.0, (seconds(finished) - seconds(started)) * 1000))
    ms.sort()
    print("as docker says they lived %.0f ms (median), %.0f ms at most" % (
        statistics.median(ms), ms[-1]))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["complete"] and len(sys.argv) == 4:
        sys.exit(complete(sys.argv[2], sys.argv[3]))
    if sys.argv[1:] == ["lives"]:
        sys.exit(lives())
    sys.exit(__doc__)
