#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Truths of event actors (tests/integ/actors/event.h) against a feed of hullwatch.

  compare.py SCHEMA TRUTHS FEED [CONTAINER]

SCHEMA is what "hullwatch events --json" prints, TRUTHS one JSON object a line, FEED the lines of
"hullwatch run --json --events". CONTAINER is the full id of the container that they happened in.
Every event of the schema must have its truth and be seen; speaks TAP.

A program uses Schema, read_feed, read_truths and check.
"""
import json
import re
import sys

OWN = ("act", "event", "pid", "tid", "uid", "why", "proc.pid")
# Where the feed's line has what a field of the rule language names.
PLACES = (
    ("evt.arg.", "event.args."), ("evt.rawres", "event.res"), ("evt.", "event."),
    ("fs.path.", "event.paths."),
    ("fd.lip", "event.fd.local.ip"), ("fd.lport", "event.fd.local.port"),
    ("fd.rip", "event.fd.remote.ip"), ("fd.rport", "event.fd.remote.port"),
    ("fd.", "event.fd."), ("target.", "event.target."), ("dns.", "event.dns."),
    ("proc.pname", "process.ancestors.0.name"), ("proc.", "process."),
)
# What the kernel and hullwatch add to the flags of an open.
ADDED = ("O_LARGEFILE", "O_F_CREATED", "FD_UPPER_LAYER")
U32 = ("U16", "U32", "PID", "UID", "GID", "FLAGS", "ENUM", "MODE", "DEV")


class Schema:
    def __init__(self, text):
        self.json = json.loads(text)
        self.fields = {e["name"]: {f["name"]: f for f in e["fields"]} for e in self.json["events"]}
        self.names = {k: {n["name"]: n["value"] for n in rows}
                      for k, rows in self.json.get("names", {}).items()}
        self.caps = self.json.get("caps", [])

    def events(self):
        """Names of the events that happen in the kernel: all but facts."""
        return [e["name"] for e in self.json["events"] if e["class"] not in ("self", "fact")]

    def number(self, field, text):
        """What the names of flags, of an enumeration or of a mode stand for; None without one."""
        total, table = 0, self.names.get(field["format"], {})
        for word in text.split("|"):
            if word in ADDED:
                continue
            if word in table:
                total |= table[word]
            elif re.fullmatch(r"0x[0-9a-f]+|0|[1-9][0-9]*", word):
                total |= int(word, 0)
            elif re.fullmatch(r"0[0-7]+", word):
                total |= int(word, 8)
            else:
                return None
        return total

    def value(self, field, got):
        """A value of the feed as the number that it stands for, where it is one."""
        if field["type"] == "CAPS" and isinstance(got, list):
            return sum(1 << self.caps.index(c) for c in got)
        if isinstance(got, str) and field["type"] in ("FLAGS", "ENUM", "MODE", "U64"):
            return self.number(field, got)
        return got


def place(line, path):
    """What a line holds at a path of names; None when there is no such place."""
    for name in path.split("."):
        if isinstance(line, list):
            line = line[int(name)] if int(name) < len(line) else None
        elif isinstance(line, dict) and name in line:
            line = line[name]
        else:
            return None
    return line


def path_of(key):
    for field, path in PLACES:
        if key == field or (field.endswith(".") and key.startswith(field)):
            return path + key[len(field):]
    return key


def printable(text):
    return "".join(c for c in text if " " <= c <= "~")


def same_text(got, want):
    return got == want or (isinstance(got, str) and got == want.encode().hex())


def same(schema, field, got, want):
    if isinstance(want, str):
        return same_text(got, want)
    value = schema.value(field, got) if field else got
    if value == want:
        return True
    small = field and field["type"] in U32 and isinstance(want, int) and want < 0
    return bool(small) and value == want & 0xffffffff


def same_bytes(got, want_hex):
    """Names that are hard to print are written otherwise in the feed: what can be printed is the
    same, and in the same order."""
    want = bytes.fromhex(want_hex)
    return isinstance(got, str) and (
        got == want_hex or got == want.decode("utf-8", "replace") or
        printable(got) == printable(want.decode("utf-8", "replace")))


def other_pid(line, key, want):
    """A process of the actor's pid namespace, where the feed has the number on the host."""
    return key.startswith("target_") and place(line, "event.target.vpid") == want


def differs(schema, truth, key, line):
    """None, or how the feed's line disagrees with one key of the truth."""
    want, base = truth[key], key[:-4] if key.endswith("_hex") else key
    if key + "_errno" in truth:
        want = -truth[key + "_errno"]
    path = path_of(base) if "." in base else "event.args." + base
    got = place(line, path)
    if got is None and base == "res":
        got = place(line, "event.res")
    if got is None and base == "fs.path.name":
        got = place(line, "event.fd.name")
    name = path[len("event.args."):] if path.startswith("event.args.") else None
    field = schema.fields.get(truth["event"], {}).get(name)
    ok = same_bytes(got, want) if base != key else same(schema, field, got, want)
    if ok or other_pid(line, base, want):
        return None
    return "%s is %s and should be %s" % (key, json.dumps(got), json.dumps(want))


def disagreements(schema, truth, line):
    out = []
    for key in truth:
        if key not in OWN and not key.endswith("_errno"):
            out.append(differs(schema, truth, key, line))
    return [d for d in out if d]


def mine(truth, line, container):
    """Is it an event of the process that the truth tells of?"""
    if line["event"]["type"] != truth["event"]:
        return False
    if container and line["container"].get("full_id") != container:
        return False
    return line["process"]["vpid"] == truth.get("proc.pid", truth["pid"])


def check(schema, truth, feed, container=None):
    """("ok", ""), ("skip", why) or ("not ok", why) for one truth, whose "event" says which."""
    if "why" in truth:
        return "skip", truth["why"]
    if truth["event"] not in schema.fields:
        return "not ok", "the schema has no such event"
    found = [o for o in feed if mine(truth, o, container)]
    if not found:
        return "not ok", "no such event of process %d in the feed" % (
            truth.get("proc.pid", truth["pid"]))
    all_wrong = [disagreements(schema, truth, o) for o in found]
    wrong = min(all_wrong, key=len)
    return ("not ok", "; ".join(wrong)) if wrong else ("ok", "")


def read_feed(path, keep=lambda line: True):
    """The events of a feed; keep sees the raw line. A last line that is not whole is left out."""
    out = []
    with open(path, "rb") as f:
        for raw in f:
            if raw.endswith(b"\n") and b'"kind":"event"' in raw and keep(raw):
                out.append(json.loads(raw))
    return out


def read_truths(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return [json.loads(line) for line in f if line.startswith("{")]


def report(names, results):
    """TAP for (name, status, why); names without a result fail. Status 0 when none failed."""
    failed, done = 0, {r[0] for r in results}
    results = results + [(n, "not ok", "no actor told the truth about it")
                         for n in names if n not in done]
    for i, (name, status, why) in enumerate(results, 1):
        failed += status == "not ok"
        if status == "skip":
            print("ok %d - %s # SKIP %s" % (i, name, why))
        else:
            print("%s %d - %s%s" % (status, i, name, "\n# " + why if why else ""))
    print("1..%d" % len(results))
    return 1 if failed or not results else 0


def main(argv):
    with open(argv[1], encoding="utf-8") as f:
        schema = Schema(f.read())
    feed = read_feed(argv[3])
    container = argv[4] if len(argv) > 4 else None
    results = [(t.get("event", "?"),) + check(schema, t, feed, container)
               for t in read_truths(argv[2])]
    return report(schema.events(), results)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    sys.exit(main(sys.argv))
