#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Judges what one emulated machine left, as TAP, and writes its column of the event matrix.

  judge.py BUILD TAG FIRST SUITE...

BUILD/vm/out/TAG is what boot in lib.sh left: "status" and "console", and for each SUITE a folder that
tests/vm/guest/SUITE.sh filled. Results are numbered from FIRST; the last line is "# next N". The
column goes to BUILD/vm/out/TAG/column.json (matrix.py reads it). Knows what each suite must show;
how an event's truth is compared with the feed is tests/integ/compare.py's.
"""
import json
import os
import re
import subprocess
import sys

INTEG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integ")
sys.path.insert(0, INTEG)
import compare  # noqa: E402
import played  # noqa: E402
import totals  # noqa: E402


CONTAINER = "vmctr"


class Machine:
    def __init__(self, build, tag, first):
        self.build, self.tag, self.n, self.failed = build, tag, first - 1, 0
        self.out = os.path.join(build, "vm", "out", tag)

    def path(self, *names):
        return os.path.join(self.out, *names)

    def text(self, *names):
        try:
            with open(self.path(*names), encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def result(self, ok, name, why=""):
        self.n += 1
        self.failed += not ok
        print("%s %d - %s: %s" % ("ok" if ok else "not ok", self.n, self.tag, name))
        if not ok:
            for line in str(why).splitlines()[-30:]:
                print("# " + line)
        return ok

    def skip(self, name, why):
        self.n += 1
        print("ok %d - %s: %s # SKIP %s" % (self.n, self.tag, name, why))

    def feed(self, suite):
        """The lines of a suite's feed, as objects."""
        out = []
        for line in self.text(suite, "feed.json").splitlines():
            try:
                out.append(json.loads(line))
            except ValueError:
                self.result(False, suite + ": every line of the feed is JSON", line[:300])
        return out

    def ended_well(self, suite):
        """hullwatch's own account of a run."""
        err = self.text(suite, "feed.err")
        self.result(self.text(suite, "feed.rc").strip() == "0", suite + ": hullwatch ends well",
                    err)
        counted = totals.last_totals(self.path(suite, "feed.err")) if err else {}
        bad = [k or "all" for k, t in counted.items()
               if t.get("produced", 0) != t.get("delivered", 0) + t.get("lost", 0)]
        self.result(counted and not bad, suite + ": produced = delivered + lost", err)
        return counted


# --- the kernel as it is, and with its types hidden -----------------------------------------------
def doctor(m):
    try:
        said = json.loads(m.text("doctor", "doctor.json"))
    except ValueError:
        m.result(False, "doctor: says what this kernel can do", m.text("doctor", "doctor.err"))
        return
    m.result(said["can_run"] and m.text("doctor", "doctor.rc").strip() == "0",
             "doctor: hullwatch can run", said.get("why"))
    silent = ["%s (%s)" % (h["event"], h["program"]) for h in said["hooks"]
              if h["state"] == "silent"]
    m.result(not silent, "doctor: what is attached fires", "silent: " + ", ".join(silent))
    kinds = said.get("kinds", [])
    m.result(kinds and all(k.get("state") for k in kinds),
             "doctor: says of each kind of hook whether it fires", kinds)
    mute = ["%s (%s)" % (h["event"], h["program"]) for h in said["hooks"]
            if h["state"] == "refused" and not h.get("error")]
    m.result(not mute, "doctor: what is refused has its reason", ", ".join(mute))
    # The first kernels that skip programs of BPF tracepoints for a task that is preempted in one.
    if int(m.text("release").split(".")[0]) >= 7:
        m.result(said.get("tracepoints", "").startswith("perf's"),
                 "doctor: tracepoints are perf's, which are not skipped", said.get("tracepoints"))
    without_types = m.text("doctor", "run.err")
    m.result(m.text("doctor", "run.rc").strip() == "1" and "/sys/kernel/btf" in without_types,
             "without BTF: run ends with 1 and says why", without_types)
    m.result(m.text("doctor", "nobtf.rc").strip() == "1" and
             '"can_run":false' in m.text("doctor", "nobtf.json"),
             "without BTF: doctor says that hullwatch cannot run", m.text("doctor", "nobtf.err"))


def lockdown(m):
    """Either it runs with what is left and doctor says what is lost, or it ends with 1 saying why."""
    run, err = m.text("lockdown", "run.rc").strip(), m.text("lockdown", "run.err")
    said = json.loads(m.text("lockdown", "doctor.json") or "{}")
    if run == "0":
        m.result(said.get("can_run"), "lockdown: doctor agrees that hullwatch runs", said)
        return
    m.result(run == "1" and "lockdown" in err, "lockdown: run ends with 1 and names it", err)
    m.result(not said.get("can_run", True) and "lockdown" in said.get("why", ""),
             "lockdown: doctor says so too", said.get("why"))


# --- every event ----------------------------------------------------------------------------------
def schema_of(build):
    said = subprocess.run([build + "/hullwatch", "events", "--json"], stdout=subprocess.PIPE,
                          check=True).stdout
    return compare.Schema(said.decode())


def truths_of(m):
    """{event: (status, truth)} of each.sh's lines."""
    out = {}
    for line in m.text("acts", "truths").splitlines():
        name, status, rest = (line.split(None, 2) + ["", ""])[:3]
        try:
            out[name] = int(status), json.loads(rest or "{}")
        except ValueError:
            out[name] = 1, {"why": rest}
    return out


def alert(feed, rule, container):
    return any(o["kind"] == "alert" and o["rule"] == rule and
               o["output_fields"].get("container.id") == container for o in feed)


def alerts(m, feed):
    for rule, container in (("Password hash file read", "host"),
                            ("Password hash file read", CONTAINER),
                            ("Program run from a temporary directory", CONTAINER),
                            ("Shell run in a container from outside", CONTAINER)):
        m.result(alert(feed, rule, container), "rule: %s, %s" % (rule, container))


def narrow_calls(m, feed):
    """The program of the 32-bit interface (actor32.c): its opens and its connect."""
    status = m.text("acts", "actor32").strip()
    if status != "0":
        why = "this kernel does not run it" if status else "no program of that interface here"
        m.skip("32-bit calls", why)
        return
    own = [o["event"] for o in feed if o["kind"] == "event" and o["process"]["name"] == "actor32"]
    for name in ("open", "openat"):
        m.result(any(e["type"] == name and e["class"] == "file" for e in own), "32-bit " + name)
    m.result(any("127.0.0.1:4567" in str(e["args"].get("addr")) for e in own), "32-bit connect")


def hooks_of(feed):
    """{event: its entry} of the start line: source, programs, weaker, refused."""
    return {h["event"]: h for o in feed if o["kind"] == "health" for h in o.get("hooks", [])}


def judged(schema, name, acted, feed, row):
    """("seen", ""), ("absent", why) or ("gap", why) of one event."""
    status, truth = acted
    if isinstance(truth, str):
        return "gap", "the act: %s" % truth
    if status == 77 and truth.get("why"):
        return "absent", truth["why"]
    if status != 0 or truth.get("event") != name:
        return "gap", "the act ended with %d: %s" % (status, truth)
    # Acts on the host's cgroups are nobody's container's.
    inside = None if schema.classes[name] == "cgroup" else CONTAINER
    verdict, why = compare.check(schema, truth, feed, inside)
    if verdict == "skip":
        return "absent", why
    if verdict == "ok" and row.get("source"):
        return "seen", ""
    return "gap", "%s (source %s, programs %s, refused %s)" % (
        why, row.get("source"), " ".join(row.get("programs", [])) or "none",
        row.get("refused", "none"))


def errors_of(m, name):
    said = [l for l in m.text("acts", "acts.err").splitlines() if l.startswith(name + ": ")]
    return "".join("\n" + l for l in said)


def every_event(m):
    feed = m.feed("acts")
    m.ended_well("acts")
    alerts(m, feed)
    narrow_calls(m, feed)
    happened = [o for o in feed if o["kind"] == "event"]
    hooks, acted, absent, column = hooks_of(feed), truths_of(m), {}, {}
    schema = schema_of(m.build)
    schema.classes = {e["name"]: e["class"] for e in schema.json["events"]}
    for name in schema.events():
        row = hooks.get(name, {})
        verdict, why = judged(schema, name, acted.get(name, (1, "there is none")), happened, row)
        column[name] = dict(row, verdict=verdict, why=why, **{"class": schema.classes[name]})
        if verdict == "absent":
            absent.setdefault(why, []).append(name)
        else:
            m.result(verdict == "seen", "event " + name, why + errors_of(m, name))
    for why, names in absent.items():
        m.skip("event " + " ".join(names), why)
    write_column(m, column)


def write_column(m, column):
    said = json.loads(m.text("doctor", "doctor.json") or "{}")
    with open(m.path("column.json"), "w", encoding="utf-8") as f:
        json.dump({"tag": m.tag, "release": m.text("release").strip(),
                   "machine": m.text("machine").strip(),
                   "lsm": "bpf" in m.text("lsm").strip().split(","),
                   "kinds": {k["kind"]: k["state"] for k in said.get("kinds", [])},
                   "events": column}, f, indent=1)


# --- overload -------------------------------------------------------------------------------------
def overload(m):
    """Bulk classes of the noisy container are lost and counted; nothing else is."""
    feed, counted = m.feed("overload"), m.ended_well("overload")
    err = m.text("overload", "feed.err")
    lost = [o for o in feed if o["kind"] == "lost"]
    told = {}
    for o in lost:
        if not o["gone"]:
            continue
        told[o["class"]] = told.get(o["class"], 0) + o["count"]
    m.result(told == {k: t["lost"] for k, t in counted.items() if k and t.get("lost")},
             "overload: the lost records add up to the totals", "%s\n%s" % (told, err))
    m.result(told.get("file"), "overload: files overflow", err)
    m.result(set(told) <= {"file"}, "overload: nothing of another class is lost", err)
    mine = [o for o in feed if o["kind"] == "event" and
            o["container"].get("full_id") == "quiet"]
    ran = {o["process"]["cmdline"] for o in mine if o["event"]["type"] == "execve"}
    opened = {str(o["event"]["args"].get("name")) for o in mine}
    for what, want, have in (("program", "echo work-%d", ran), ("file", "/tmp/work-%d", opened)):
        missing = [want % i for i in range(1, 41) if want % i not in have]
        m.result(not missing, "overload: every %s of the quiet container is seen" % what,
                 " ".join(missing))
    m.result(not any((o.get("container") or {}).get("full_id") == "quiet" for o in lost),
             "overload: no loss is the quiet container's", lost)


# --- tests that act and look by turns (played.py) ---------------------------------------------------
LOADERS = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}


def tricks(m, name):
    if not m.text("acts", name):
        m.skip(name, "there is no tests/integ/%s.py" % name)
        return
    loader = LOADERS.get(m.text("machine").strip(), "")
    skipped = {}
    for trick, verdict, why in played.play(name, loader, m.path("acts", "feed.json"),
                                           m.path("acts", name)):
        if verdict == "skip":
            skipped.setdefault(why, []).append(trick)
        else:
            m.result(verdict == "ok", "%s: %s" % (name, trick), why)
    for why, which in skipped.items():
        m.skip("%s: %s" % (name, "; ".join(which)), why)


def acts(m):
    every_event(m)
    tricks(m, "uring")
    tricks(m, "evasion")


SUITES = {"doctor": doctor, "acts": acts, "lockdown": lockdown, "overload": overload}


def main():
    m = Machine(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    absent = m.text("absent").strip()
    if absent:
        m.skip("all of it", absent)
    else:
        status = m.text("status").strip()
        # 33 is the guest's own word; a panic or a power-off gives 0, a hang 124. A locked kernel
        # lets no program write to the port, and the machine is switched off.
        good = "0" if "lockdown=confidentiality" in m.text("cmdline") else "33"
        ended = m.result(status == good and os.path.exists(m.path("end")),
                         "the machine comes to its end (status %s, %s s)" %
                         (status, m.text("seconds").strip()),
                         m.text("qemu") + re.sub(r"\x1b\[[^a-zA-Z]*.", "", m.text("console")))
        for suite in sys.argv[4:] if ended else []:
            SUITES[suite](m)
    print("# next %d" % (m.n + 1))
    return 1 if m.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main())
