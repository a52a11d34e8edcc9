#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Replays events-CLASS.hwr and compares what the feed says with events-CLASS.truth, which is what
the actors said when it was recorded. Every event of the schema must be in one of them.

  events.py HULLWATCH-BINARY     a line "STATUS|NAME|WHY" for each result
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integ"))
sys.dont_write_bytecode = True
import compare  # noqa: E402  (its folder is known only now)


def replayed(binary, recording, feed):
    done = subprocess.run([binary, "replay", "--json", "--events", "-r",
                           os.path.join(HERE, "..", "..", "rules"), recording],
                          stdin=subprocess.DEVNULL, stdout=feed, stderr=subprocess.PIPE,
                          check=False)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip()


def results(binary, schema, truths):
    """(event, status, why) for each truth of one file."""
    recording = truths[:-len("truth")] + "hwr"
    told = compare.read_truths(truths)
    with tempfile.NamedTemporaryFile() as feed:
        why = replayed(binary, recording, feed)
        if why:
            return [(t["event"], "not ok", why) for t in told]
        lines = compare.read_feed(feed.name)
    return [(t["event"],) + compare.check(schema, t, lines) for t in told]


def main(binary):
    out = subprocess.run([binary, "events", "--json"], stdout=subprocess.PIPE, check=True).stdout
    schema = compare.Schema(out.decode())
    seen = set()
    for truths in sorted(glob.glob(os.path.join(HERE, "events-*.truth"))):
        for event, status, why in results(binary, schema, truths):
            seen.add(event)
            print("%s|%s|%s" % (status, event, " ".join(why.split())))
    for event in schema.events():
        if event not in seen:
            print("not ok|%s|it is in no recording: tests/replay/make-recordings events" % event)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
