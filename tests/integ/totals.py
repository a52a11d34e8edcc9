#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Reads the totals that hullwatch prints on SIGUSR1 and at its end.

  totals.py balance FILE          in the last totals of FILE, of every class and in all:
                                  produced = delivered + lost
  totals.py get FILE NAME [CLASS] a number of the last totals: produced, delivered, lost, alerts
  totals.py lost FILE FEED        the lost records of FEED add up to what the totals say
"""
import json
import re
import sys

KEYS = r"(produced|delivered|lost|alerts) (\d+)"


def last_totals(path):
    """{"": {...}, class: {...}} of the last totals in the file."""
    out = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if "totals:" in line:
                out = {"": line.split("totals:", 1)[1]}
            elif out and re.match(r"(hullwatch: )?  [a-z]+ ", line):
                words = line.replace("hullwatch: ", "").split(None, 1)
                out[words[0]] = words[1]
    return {k: {n: int(v) for n, v in re.findall(KEYS, re.sub(r"\(.*?\)", "", text))}
            for k, text in out.items()}


def balance(path):
    totals = last_totals(path)
    bad = [k or "all" for k, t in totals.items()
           if t.get("produced", 0) != t.get("delivered", 0) + t.get("lost", 0)]
    print(totals)
    return 1 if bad or not totals or not totals[""].get("produced") else 0


def get(path, name, what=""):
    print(last_totals(path).get(what, {}).get(name, 0))
    return 0


def lost(path, feed):
    told = {}
    with open(feed, encoding="utf-8") as f:
        for line in f:
            o = json.loads(line)
            if o["kind"] == "lost" and o["gone"]:
                told[o["class"]] = told.get(o["class"], 0) + o["count"]
    totals = {k: t["lost"] for k, t in last_totals(path).items() if k and t.get("lost")}
    print("told %s, totals %s" % (told, totals))
    return 0 if told and told == totals else 1


if __name__ == "__main__":
    commands = {"balance": balance, "get": get, "lost": lost}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
