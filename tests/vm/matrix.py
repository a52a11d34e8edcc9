#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""The event matrix: event x kernel, seen by which hook, or why not.

  matrix.py print BUILD      what the machines in BUILD/vm/out just showed
  matrix.py check BUILD      ... against the committed matrix, as TAP
  matrix.py write BUILD      ... becomes the committed matrix, and the pages made of it
  matrix.py pages            the pages are what the committed matrix gives: 0, or 1 and the difference

The committed matrix is tests/vm/matrix.tsv: machines first, then a line for each event, then the
reasons that its fields name by number. judge.py makes the columns (BUILD/vm/out/TAG/column.json).
"""
import difflib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TSV = os.path.join(HERE, "matrix.tsv")
PAGE = os.path.join(HERE, "MATRIX.md")
README = os.path.join(TOP, "README.md")
BEGIN, END = "<!-- matrix -->\n", "<!-- /matrix -->\n"
GAP = "GAP"
NAMES_SHOWN = 12  # of the events that share a row of the README's table
CLASSES = {"proc": "processes", "cgroup": "cgroups", "file": "files", "net": "network",
           "kernel": "kernel", "cred": "credentials", "state": "process state"}


def tags():
    """Machines in the table's order; a locked one shows no events."""
    with open(os.path.join(HERE, "machines"), encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and line[0] != "#"]
    return [row[0] for row in rows if row[3] != "lockdown"]


class Matrix:
    """machines: [(tag, kernel, lsm)]; rows: [(event, class, {tag: cell})]; reasons: [text]. A cell
    is the kind of hook that its objects came from, or the number of a reason in brackets. weaker:
    {(text, kind): events}. kinds: {tag: {kind: state}}."""

    def __init__(self):
        self.machines, self.rows, self.reasons = [], [], []
        self.weaker, self.kinds = {}, {}

    def reason(self, text):
        if text not in self.reasons:
            self.reasons.append(text)
        return "[%d]" % (self.reasons.index(text) + 1)

    def gaps(self):
        return [(e, t) for e, _, cells in self.rows for t, c in cells.items() if c == GAP]

    def tags(self):
        return [m[0] for m in self.machines]


def measured(build):
    """What the machines showed; a machine that did not run is not in it."""
    m, columns = Matrix(), []
    for tag in tags():
        path = os.path.join(build, "vm", "out", tag, "column.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                columns.append(json.load(f))
    for c in columns:
        m.machines.append((c["tag"], "%s %s" % (c["release"].split("-")[0].split("+")[0],
                                                c["machine"]), "on" if c["lsm"] else "off"))
        m.kinds[c["tag"]] = c["kinds"]
    names = {name: cell["class"] for c in columns for name, cell in c["events"].items()}
    for name, kind in names.items():
        cells = {}
        for c in columns:
            cell = c["events"].get(name, {"verdict": "gap"})
            if cell["verdict"] == "seen":
                cells[c["tag"]] = cell["source"]
                for text in cell.get("weaker", []):
                    m.weaker.setdefault((text, cell["source"]), set()).add(name)
            elif cell["verdict"] == "absent":
                cells[c["tag"]] = m.reason(cell["why"])
            else:
                cells[c["tag"]] = GAP
        m.rows.append((name, kind, cells))
    return m


# --- the committed file ---------------------------------------------------------------------------
def as_tsv(m):
    out = ["# made by tests/vm/matrix.py write: event, class, then a field for each machine"]
    out += ["machine\t%s\t%s\tlsm %s" % row for row in m.machines]
    out += ["event\t%s\t%s\t%s" % (name, kind, "\t".join(cells[t] for t in m.tags()))
            for name, kind, cells in m.rows]
    out += ["kind\t%s\t%s\t%s" % (tag, kind, state)
            for tag, states in m.kinds.items() for kind, state in states.items()]
    out += ["reason\t[%d]\t%s" % (n, text) for n, text in enumerate(m.reasons, 1)]
    out += ["weaker\t%s\t%s\t%s" % (" ".join(sorted(names)), kind, text)
            for (text, kind), names in sorted(m.weaker.items())]
    return "\n".join(out) + "\n"


def from_tsv(path):
    m = Matrix()
    with open(path, encoding="utf-8") as f:
        for line in f:
            kind, *rest = line.rstrip("\n").split("\t")
            if kind == "machine":
                m.machines.append((rest[0], rest[1], rest[2].split()[-1]))
            elif kind == "event":
                m.rows.append((rest[0], rest[1], dict(zip(m.tags(), rest[2:]))))
            elif kind == "kind":
                m.kinds.setdefault(rest[0], {})[rest[1]] = rest[2]
            elif kind == "reason":
                m.reasons.append(rest[1])
            elif kind == "weaker":
                m.weaker[rest[2], rest[1]] = set(rest[0].split())
    return m


# --- pages ----------------------------------------------------------------------------------------
def table(head, rows):
    return ["| " + " | ".join(r) + " |" for r in [head, ["---"] * len(head)] + rows]


def reasons(m):
    return ["- [%d] %s" % (n, text) for n, text in enumerate(m.reasons, 1)]


def folded(m):
    """Rows of events of one class whose cells are equal everywhere: [(class, [event], cells)]."""
    out = {}
    for name, kind, cells in m.rows:
        out.setdefault((kind, tuple(cells[t] for t in m.tags())), []).append(name)
    return [(kind, names, cells) for (kind, cells), names in out.items()]


def heads(m):
    return ["%s%s" % (tag.replace("-nolsm", ""), ", no BPF LSM" if lsm == "off" else "")
            for tag, _, lsm in m.machines]


def short(names):
    if len(names) <= NAMES_SHOWN:
        return " ".join(names)
    return "%s ... (%d)" % (" ".join(names[:NAMES_SHOWN]), len(names))


def readme_part(m):
    rows = [[CLASSES.get(kind, kind) + ": " + short(names)] + list(cells)
            for kind, names, cells in sorted(folded(m), key=lambda r: list(CLASSES).index(r[0]))]
    return "\n".join(
        table(["event"] + heads(m), rows) + [""] + reasons(m) +
        ["", "Every event by itself, and what is weaker: [tests/vm/MATRIX.md](tests/vm/MATRIX.md).",
         ""])


def kinds_of(m, tag):
    states = m.kinds.get(tag, {})
    fire = [k for k, state in states.items() if state == "fires"]
    return "; ".join([" ".join(fire) + " fire"] +
                     ["%s: %s" % (k, state) for k, state in states.items() if state != "fires"])


def page(m):
    out = ["<!-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 -->",
           "<!-- made by tests/vm/matrix.py write; do not edit -->", "# Events and kernels", "",
           "What `make check-vm` saw: each event was made by an actor in a container on that kernel,",
           "and the feed's line agreed with what the actor said it did. A field names the hooks that",
           "tell the event there, or the reason why there is none.", ""]
    out += table(["machine", "kernel", "kinds of hook"],
                 [[tag, kernel, kinds_of(m, tag)] for tag, kernel, _ in m.machines]) + [""]
    out += table(["event", "class"] + m.tags(),
                 [[name, kind] + [cells[t] for t in m.tags()] for name, kind, cells in m.rows])
    out += ["", "Reasons:", ""] + reasons(m)
    out += ["", "What hooks in use cannot tell, as the feed's start event says:", ""]
    out += ["- %s, by %s: %s" % (" ".join(sorted(names)), kind, text)
            for (text, kind), names in sorted(m.weaker.items())]
    return "\n".join(out) + "\n"


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def readme_with(part):
    text = read(README)
    if BEGIN not in text or END not in text:
        sys.exit("matrix.py: README.md lacks the lines %s and %s" % (BEGIN.strip(), END.strip()))
    return text[:text.index(BEGIN)] + BEGIN + part + text[text.index(END):]


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


# --- commands -------------------------------------------------------------------------------------
def show(build):
    m = measured(build)
    grid = [["event"] + m.tags()] + [[name] + [cells[t] for t in m.tags()]
                                     for name, _, cells in m.rows]
    width = [max(len(r[i]) for r in grid) for i in range(len(grid[0]))]
    for r in grid:
        print("  ".join(c.ljust(w) for c, w in zip(r, width)).rstrip())
    print("\n".join(reasons(m)))
    return 0


def check(build):
    m, committed = measured(build), from_tsv(TSV) if os.path.exists(TSV) else Matrix()
    problems = []
    for tag in m.tags():
        here = {name: text_of(m, cells[tag]) for name, _, cells in m.rows}
        there = {name: text_of(committed, cells.get(tag, "not there"))
                 for name, _, cells in committed.rows}
        problems += ["%s on %s: %s, committed: %s" % (name, tag, here.get(name, "not in the schema"),
                                                     there.get(name, "not there"))
                     for name in sorted(set(here) | set(there)) if here.get(name) != there.get(name)]
    missing = [t for t in tags() if t not in m.tags()]
    print("ok 1 - all machines ran" +
          (" # SKIP not run: " + " ".join(missing) if missing else ""))
    print("%s 2 - no event is unexplained" % ("not ok" if m.gaps() or not m.rows else "ok"))
    for name, tag in m.gaps():
        print("# %s on %s" % (name, tag))
    print("%s 3 - the committed matrix is what was seen" % ("not ok" if problems else "ok"))
    for p in problems[:40]:
        print("# " + p)
    if problems:
        print("# commit what was seen: tests/vm/matrix.py write %s" % build)
    print("1..3")
    return 1 if m.gaps() or not m.rows or problems else 0


def text_of(m, cell):
    return m.reasons[int(cell[1:-1]) - 1] if cell.startswith("[") else cell


def rewrite(build):
    m = measured(build)
    if m.gaps():
        print("matrix.py: has gaps: " + ", ".join("%s on %s" % g for g in m.gaps()),
              file=sys.stderr)
    write(TSV, as_tsv(m))
    m = from_tsv(TSV)
    write(PAGE, page(m))
    write(README, readme_with(readme_part(m)))
    return 0


def pages():
    m = from_tsv(TSV)
    wrong = []
    for path, text in ((README, readme_with(readme_part(m))), (PAGE, page(m))):
        there = read(path) if os.path.exists(path) else ""
        wrong += difflib.unified_diff(there.splitlines(), text.splitlines(), path, "the matrix's",
                                      n=0, lineterm="")
    print("\n".join(wrong))
    return 1 if wrong else 0


COMMANDS = {"print": (show, 3), "check": (check, 3), "write": (rewrite, 3), "pages": (pages, 2)}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS or \
            len(sys.argv) != COMMANDS[sys.argv[1]][1]:
        sys.exit(__doc__)
    return COMMANDS[sys.argv[1]][0](*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
