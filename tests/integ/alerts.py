#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Questions to a file of JSON lines that hullwatch wrote, for tests written in shell.

  alerts.py want FILE [-t SECONDS] [-n N] CONDITION...   wait until N lines hold (1; 15 s)
  alerts.py none FILE CONDITION...                       no line holds
  alerts.py count FILE CONDITION...                      prints how many lines hold
  alerts.py select FILE CONDITION...                     prints the lines that hold
  alerts.py get FILE PATH CONDITION...                   prints PATH of the first line that holds
  alerts.py valid FILE                                   every line is clean JSON

A condition is PATH OP VALUE in one argument: a=b a!=b a~REGEX a!~REGEX a^PREFIX a>=NUMBER, or "a?"
(there and not empty) and "a!?" (not there, null or empty). A PATH goes through objects and lists
with dots, "*" is any element, and keys that have dots are written with slashes between them
("output_fields/container.id"). A value that is an object or a number is compared as its JSON text.
"""
import json
import os
import re
import sys
import time

CONDITION = re.compile(r"^([A-Za-z0-9_.*/\[\]-]+?)(!\?|\?|!=|!~|>=|=|~|\^)(.*)$", re.S)


def values(obj, steps):
    """All values that the path leads to."""
    if not steps:
        yield obj
    elif isinstance(obj, list):
        if steps[0] == "*":
            for o in obj:
                yield from values(o, steps[1:])
        elif steps[0].isdigit() and int(steps[0]) < len(obj):
            yield from values(obj[int(steps[0])], steps[1:])
    elif isinstance(obj, dict):
        if steps[0] == "*":
            for o in obj.values():
                yield from values(o, steps[1:])
        elif steps[0] in obj:
            yield from values(obj[steps[0]], steps[1:])


def steps_of(path):
    return path.split("/") if "/" in path else path.split(".")


def text(v):
    return v if isinstance(v, str) else json.dumps(v)


def empty(v):
    return v is None or v == "" or v == [] or v == {}


OPS = {
    "=": lambda v, want: text(v) == want,
    "~": lambda v, want: re.search(want, text(v)) is not None,
    "^": lambda v, want: text(v).startswith(want),
    ">=": lambda v, want: isinstance(v, (int, float)) and v >= float(want),
    "?": lambda v, want: not empty(v),
}


def holds(obj, conditions):
    for path, op, want in conditions:
        found = list(values(obj, path))
        negative = op.startswith("!")
        hit = any(OPS[op[-1] if negative else op](v, want) for v in found)
        if hit == negative:
            return False
    return True


def conditions_of(args):
    out = []
    for a in args:
        m = CONDITION.match(a)
        if not m:
            sys.exit("alerts.py: no condition: %r" % a)
        out.append((steps_of(m.group(1)), m.group(2), m.group(3)))
    return out


def lines(path):
    """Whole lines only: the last one may still be in the making."""
    with open(path, "rb") as f:
        data = f.read()
    return data.split(b"\n")[:-1]


def needles(conditions):
    """Bytes that a line must have for the conditions to hold: most lines need no parsing."""
    return [want.encode() for _, op, want in conditions
            if op == "=" and re.fullmatch("[A-Za-z0-9_./ -]+", want)]


def held(some_lines, conditions):
    """The objects among the lines that hold. What is no JSON is left to "valid"."""
    wanted = needles(conditions)
    for line in some_lines:
        if all(n in line for n in wanted):
            try:
                o = json.loads(line)
            except ValueError:
                continue
            if holds(o, conditions):
                yield o


def matching(path, conditions):
    return list(held(lines(path), conditions))


def nearest(path, conditions):
    """How far the conditions hold, dropped from the end: for the message of a failure."""
    for n in range(len(conditions) - 1, 0, -1):
        hits = matching(path, conditions[:n])
        if hits:
            bad = conditions[n]
            got = list(values(hits[-1], bad[0]))
            return "%d lines hold up to %s%s%s, which is %s there; the last: %s" % (
                len(hits), ".".join(bad[0]), bad[1], bad[2], json.dumps(got)[:300],
                json.dumps(hits[-1])[:2500])
    return "none of %d lines holds %s" % (len(lines(path)), conditions[:1])


def options(args):
    opts = {"-t": 15.0, "-n": 1.0}
    while args and args[0] in opts:
        opts[args[0]] = float(args[1])
        args = args[2:]
    return opts, args


def new_lines(f):
    """What was added since the last call."""
    data = f.read()
    whole, _, rest = data.rpartition(b"\n")
    f.seek(-len(rest), os.SEEK_CUR)
    return whole.split(b"\n") if whole else []


def want(path, args):
    opts, args = options(args)
    conditions = conditions_of(args)
    end = time.monotonic() + opts["-t"]
    n = 0
    with open(path, "rb") as f:
        while True:
            n += sum(1 for _ in held(new_lines(f), conditions))
            if n >= opts["-n"]:
                return 0
            if time.monotonic() > end:
                break
            time.sleep(0.1)
    print("wanted %d, found %d; %s" % (opts["-n"], n, nearest(path, conditions)))
    return 1


def none(path, args):
    hits = matching(path, conditions_of(args))
    for h in hits[:3]:
        print("must not be there: " + json.dumps(h)[:2500])
    return 1 if hits else 0


def count(path, args):
    print(len(matching(path, conditions_of(args))))
    return 0


def select(path, args):
    for o in matching(path, conditions_of(args)):
        print(json.dumps(o))
    return 0


def get(path, args):
    for o in matching(path, conditions_of(args[1:])):
        for v in values(o, steps_of(args[0])):
            print(text(v))
            return 0
    return 1


def faults(line):
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as e:
        yield "invalid UTF-8: %s" % e
        return
    if any(b < 0x20 or b == 0x7F for b in line):
        yield "raw control byte"
    if re.search("[\u0080-\u009f]", line.decode()):
        yield "raw C1 control character"
    try:
        obj = json.loads(line)
    except ValueError as e:
        yield "no JSON: %s" % e
        return
    if not isinstance(obj, dict) or not isinstance(obj.get("kind"), str):
        yield "no object with a kind"
    if re.search("[\ud800-\udfff]", json.dumps(obj, ensure_ascii=False)):
        yield "lone surrogate"


def valid(path, args):
    bad = 0
    for n, line in enumerate(lines(path), 1):
        for fault in faults(line):
            bad += 1
            print("line %d: %s: %r" % (n, fault, line[:400]))
    return 1 if bad or args else 0


def main():
    commands = {"want": want, "none": none, "count": count, "select": select, "get": get,
                "valid": valid}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    return commands[sys.argv[1]](sys.argv[2], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
