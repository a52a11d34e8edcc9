#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""What the actor did through io_uring against the feed: for test_io_uring.

  uring.py TRUTHS FEED CONTAINER

An operation must be told exactly once, by the event of the system call that does the same, with the
arguments that this event had when the actor made the call. Speaks TAP.
"""
import json
import re
import sys
import time

# Numbers that differ from one process to the next, and what follows from them.
OWN_NUMBERS = ("fd", "ino", "dirfd", "olddirfd", "newdirfd", "linkdirfd", "olddir", "newdir")
UNSEEN = ("res", "data", "count", "addr")  # what an operation has not that posts no completion
WAIT = 10  # seconds for the feed to say all; it is there long before


class Disagree(Exception):
    pass


def agree(what, got, want):
    if got != want:
        raise Disagree("%s is %r and should be %r" % (what, got, want))


class Feed:
    def __init__(self, path, container):
        self.path, self.container, self.lines = path, container, []

    def read(self):
        self.lines = []
        with open(self.path, encoding="utf-8", errors="surrogateescape") as f:
            for line in f:
                if '"kind":"alert"' in line and self.container in line and line.endswith("\n"):
                    self.lines.append(json.loads(line))

    def of(self, vpid, event, via="io_uring"):
        return [o for o in self.lines if o["process"]["vpid"] == vpid and
                o["event"]["type"] == event and o["event"].get("via") == via]

    def wait_for(self, vpid):
        """Until the process's end is in the feed: what it did is, then."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            self.read()
            if any(o["process"]["vpid"] == vpid and o["event"]["type"] == "procexit"
                   for o in self.lines):
                return
            time.sleep(0.2)
        raise Disagree("the feed does not say that process %d ended" % vpid)


def plain(value):
    """Without ports that the kernel chose."""
    if isinstance(value, str):
        return re.sub(r":(3[2-9]|4[0-9]|5[0-9]|6[0-9])\d{3}\b", ":PORT", value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()
                if k not in ("num", "ino") and not (k == "port" and v > 32000)}
    return value


def arguments(o, made_fd):
    args = {k: plain(v) for k, v in o["event"]["args"].items()
            if k not in OWN_NUMBERS or v == -100 or (isinstance(v, int) and v < 0)}
    if "flags" in args:  # some kernels add it to what openat2 is asked for, io_uring always
        args["flags"] = args["flags"].replace("O_LARGEFILE|", "").replace("MSG_ZEROCOPY", "0")
    if made_fd and isinstance(args.get("res"), int) and args["res"] >= 0:
        del args["res"]
    return args


def number(value):
    """-2 from "-2 (ENOENT)"."""
    return int(value.split()[0]) if isinstance(value, str) else value


def told_result(o):
    args = o["event"]["args"]
    return number(args["res"] if "res" in args else args["fd"])


def descriptor(o, t):
    """A socket is told as it was before the operation, when that posts no completion; one that was
    refused keeps its address through io_uring, which asks it a second time."""
    fd = plain(o["event"].get("fd"))
    if t["way"] == "skip" and fd and fd["type"].startswith("ipv"):
        return {"type": fd["type"]}
    if t["res"] == -111:
        return {k: v for k, v in fd.items() if k not in ("local", "name")}
    return fd


# --- operations -----------------------------------------------------------------------------------
def one_of(feed, t):
    found = feed.of(t["pid"], t["type"])
    if len(found) != 1:
        raise Disagree("told %d times: %s" % (len(found), [o["event"]["args"] for o in found]))
    return found[0]


def who(o, t):
    agree("process.name", o["process"]["name"], "actor")
    agree("pid", o["process"]["vpid"], t["pid"])


def way(feed, calls, t):
    base = calls[t["op"]]
    if t["way"] == "skip" and t["op"] == "send-zc":  # which always completes
        agree("result", (t["res"], feed.of(t["pid"], t["type"])), (-22, []))
        return
    o = one_of(feed, t)
    who(o, t)
    made_fd = t["type"] in ("openat", "openat2", "socket", "accept4", "dup")
    want, got = arguments(base, made_fd), arguments(o, made_fd)
    if t["way"] == "skip":
        agree("res", o["event"]["res"], None)
        agree("descriptor", o["event"]["args"].get("fd") if made_fd else None, None)
        for k in UNSEEN:
            want.pop(k, None), got.pop(k, None)
        if made_fd:  # what was made is not seen either
            for k in ("flags", "dev", "fd"):
                want.pop(k, None), got.pop(k, None)
            agree("arguments", got, want)
            return
    else:
        agree("result", told_result(o), t["res"])
    agree("arguments", got, want)
    agree("fd", descriptor(o, t), descriptor(base, t))
    agree("paths", o["event"].get("paths"), base["event"].get("paths"))


# --- tricks ---------------------------------------------------------------------------------------
def names(feed, t, event="openat"):
    return [o["event"].get("fd", {}).get("name") or o["event"]["args"].get("name")
            for o in feed.of(t["pid"], event)]


def in_dir(t, *files):
    return ["/tmp/tricks/%s/%s" % (t["trick"], f) for f in files]


def batch(feed, t):
    agree("opened", names(feed, t), in_dir(t, "secret", "public"))


def swap(feed, t):
    got = feed.of(t["pid"], "openat")
    agree("names asked for", {o["event"]["args"]["name"] for o in got}, set(in_dir(t, "secret")))
    if in_dir(t, "secret")[0] not in names(feed, t):
        raise Disagree("the file that was opened is not told: %s" % names(feed, t))


def rewrite(feed, t):
    agree("opened", names(feed, t), in_dir(t, "secret"))
    agree("name", feed.of(t["pid"], "openat")[0]["event"]["args"]["name"], in_dir(t, "secret")[0])


def direct(feed, t):
    agree("opened", names(feed, t), in_dir(t, "secret", "public"))
    for o in feed.of(t["pid"], "openat"):
        agree("descriptor", o["event"]["args"]["fd"], None)
        agree("type", o["event"]["fd"]["type"], "file")


def fixed(feed, t):
    agree("read", names(feed, t, "read"), in_dir(t, "secret"))
    agree("bytes", feed.of(t["pid"], "read")[0]["event"]["args"]["res"], t["read"])
    agree("made a descriptor", names(feed, t, "dup"), in_dir(t, "secret"))
    agree("descriptor", feed.of(t["pid"], "dup")[0]["event"]["args"]["res"], t["installed"])


def multi(feed, t):
    got = [o["event"]["args"]["res"] for o in feed.of(t["pid"], "accept4")]
    agree("accepted", got, [t["fd0"], t["fd1"], t["fd2"]])
    for o in feed.of(t["pid"], "accept4"):
        agree("local port", o["event"]["fd"]["local"]["port"], 4567)


def twins(feed, t):
    agree("opened", names(feed, t), in_dir(t, "secret"))
    agree("reads", len(feed.of(t["pid"], "read")), 1)


def chain(feed, t):
    got = [(o["event"]["args"]["name"], o["event"]["args"]["fd"]) for o in
           feed.of(t["pid"], "openat")]
    agree("opens", [n for n, _ in got], ["/does/not/exist"] + in_dir(t, "secret", "public"))
    agree("results", [number(r) for _, r in got], [None, -125, -125])


def rights(feed, t):
    got = feed.of(t["pid"], "openat")
    agree("results", [told_result(o) for o in got], [t["with"], -13])
    agree("users", [o["user"]["uid"] for o in got], [0, 1042])


def child(feed, t):
    agree("of the parent", feed.of(t["pid"], "openat"), [])
    got = feed.of(t["child"], "openat")
    agree("of the child", [o["event"]["fd"]["name"] for o in got], in_dir(t, "secret"))


def thread(feed, t):
    got = feed.of(t["pid"], "openat")
    agree("opened", names(feed, t), in_dir(t, "secret"))
    agree("thread is the leader", got[0]["process"]["tid"] == got[0]["process"]["pid"], False)


def long(feed, t):
    got = feed.of(t["pid"], "openat")
    agree("opened", names(feed, t), in_dir(t, "secret"))
    agree("length", len(got[0]["event"]["args"]["name"]), t["len"])


def flood(feed, t):
    agree("opened", names(feed, t), in_dir(t, "secret"))


def unended(feed, t):
    agree("results", [told_result(o) for o in feed.of(t["pid"], "recvfrom")], [-125])


TRICKS = {"batch": batch, "poll-batch": batch, "swap": swap, "rewrite": rewrite, "direct": direct,
          "fixed": fixed, "multi": multi, "twins": twins, "chain": chain, "rights": rights,
          "child": child, "thread": thread, "long": long, "flood": flood, "unended": unended}


# --- all ------------------------------------------------------------------------------------------
class Tap:
    def __init__(self):
        self.n, self.failed = 0, 0

    def say(self, name, fn, *args):
        self.n += 1
        try:
            fn(*args)
            print("ok %d - %s" % (self.n, name))
        except (Disagree, KeyError, IndexError, TypeError) as e:
            self.failed += 1
            print("not ok %d - %s\n# %s: %s" % (self.n, name, type(e).__name__, str(e)[:1800]))

    def skip(self, name, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, name, why))


def main():
    feed = Feed(sys.argv[2], sys.argv[3])
    with open(sys.argv[1], encoding="utf-8") as f:
        truths = [json.loads(line) for line in f]
    tap, calls = Tap(), {}
    tap.say("the acts are told", feed.wait_for, truths[-1]["pid"])
    for t in truths:
        if t["act"] == "uring" and t["way"] == "sys":
            calls[t["op"]] = [o for o in feed.of(t["pid"], t["type"], "syscall")
                              if told_result(o) == t["res"]][-1]
    for t in truths:
        name = "%s, %s" % (t["op"], t["way"]) if t["act"] == "uring" else t["trick"]
        if "why" in t:
            tap.skip(name, "no such ring here: " + t["why"])
        elif t["act"] == "uring" and t["way"] != "sys":
            tap.say(name, way, feed, calls, t)
        elif t["act"] == "uring-trick":
            tap.say("trick: " + name, TRICKS[name], feed, t)
    agree("tricks", {t["trick"] for t in truths if "trick" in t}, set(TRICKS))
    print("1..%d" % tap.n)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
