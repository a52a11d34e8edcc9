#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""What is done through io_uring, and what the feed must say of it: for test_io_uring.

  uring.py FEED CONTAINER

An operation must be told exactly once, by the event of the system call that does the same, with the
arguments that this event has when the same process makes the call: whatever way it goes through the
ring. Then the tricks, which fail when they work. Speaks TAP.
"""
import re
import sys

from lab import Disagree, Lab, Skip, agree, run_tricks

OPERATIONS = {
    "openat": "openat", "creat": "openat", "missing": "openat", "openat2": "openat2",
    "renameat": "renameat2", "unlinkat": "unlinkat", "rmdir": "unlinkat", "mkdirat": "mkdirat",
    "symlinkat": "symlinkat", "linkat": "linkat", "fsetxattr": "fsetxattr",
    "setxattr": "setxattr", "ftruncate": "ftruncate", "read": "read", "write": "write",
    "readv": "readv", "writev": "writev", "read-fixed": "read", "write-fixed": "write",
    "socket": "socket", "connect": "connect", "refused": "connect", "bind": "bind",
    "listen": "listen", "shutdown": "shutdown", "accept": "accept4", "send": "sendto",
    "send-zc": "sendto", "sendmsg": "sendmsg", "recv": "recvfrom", "recvmsg": "recvmsg",
}
WAYS = "inline async sqpoll link late skip defer defer-async full full-async".split()
MAKES_FD = ("openat", "openat2", "socket", "accept4")
# Numbers that differ from one process to the next, and what follows from them.
OWN_NUMBERS = ("fd", "ino", "dirfd", "olddirfd", "newdirfd", "linkdirfd", "olddir", "newdir")
UNSEEN = ("res", "data", "count", "addr", "obj1", "obj2")  # what only a completion brings
NAMES = ("name", "path", "oldpath", "newpath", "target", "linkpath")
EINVAL, ECANCELED, ECONNREFUSED = -22, -125, -111


class Rings(Lab):
    TYPES = {t.encode() for t in list(OPERATIONS.values()) + ["dup", "procexit"]}

    def __init__(self, feed, container):
        super().__init__(feed, container)
        self.truths = {}

    def once(self, op):
        if op not in self.truths:
            self.truths[op] = self.act("uring", op, "/tmp")
        return self.truths[op]

    def trick(self, name):
        t = self.do("uring-trick", name, "/tmp")
        t["blind"] = blind(t)
        return t

    def of(self, vpid, event, via="io_uring"):
        return self.all_of(event, vpid, lambda o: o["event"].get("via") == via)


def blind(t):
    """Before 6.0 completions do not say whose they are."""
    return int(t["kernel"].split(".")[0]) < 6


def number(value):
    """-2 from "-2 (ENOENT)"."""
    return int(value.split()[0]) if isinstance(value, str) else value


def result(o):
    args = o["event"]["args"]
    return number(args["res"] if "res" in args else args["fd"])


# --- operations -----------------------------------------------------------------------------------
def plain(value):
    """Without ports that the kernel chose."""
    if isinstance(value, str):
        return re.sub(r":(3[2-9]|4[0-9]|5[0-9]|6[0-9])\d{3}\b", ":PORT", value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()
                if k not in ("num", "ino") and not (k == "port" and v > 32000)}
    return value


def arguments(o, event, unseen):
    args = {k: plain(v) for k, v in o["event"]["args"].items()
            if not k.endswith("_as_passed") and
            (k not in OWN_NUMBERS or v == -100 or (isinstance(v, int) and v < 0))}
    if "flags" in args:  # some kernels add it to what openat2 is asked for, io_uring always
        args["flags"] = args["flags"].replace("O_LARGEFILE|", "").replace("MSG_ZEROCOPY", "0")
    if event in MAKES_FD and isinstance(args.get("res"), int) and args["res"] >= 0:
        del args["res"]
    gone = UNSEEN if unseen else ()
    if unseen and event in MAKES_FD:  # what was made is not seen either
        gone += ("flags", "dev", "fd")
    return {k: v for k, v in args.items() if k not in gone}


def descriptor(o, unseen, res):
    """A socket is told as it was before the operation, when that is told before it runs; one that was
    refused keeps its address through io_uring, which asks it a second time."""
    fd = plain(o["event"].get("fd"))
    if unseen and fd and fd["type"].startswith("ipv"):
        return {"type": fd["type"]}
    if res == ECONNREFUSED:
        return {k: v for k, v in fd.items() if k not in ("local", "name")}
    return fd


def told_once(told, res):
    if res == EINVAL and not told:
        raise Skip("this kernel's io_uring does not do it")
    if len(told) != 1:
        raise Disagree("told %d times: %s" % (len(told), [o["event"]["args"] for o in told]))
    return told[0]


def way(op, name):
    def run(lab):
        t, event = lab.once(op), OPERATIONS[op]
        if name + ".ring_errno" in t:
            raise Skip("no such ring on this kernel (error %d)" % t[name + ".ring_errno"])
        res = t[name + ".res"]
        base = [o for o in lab.of(t["sys.pid"], event, "syscall") if
                result(o) == t["sys.res"]][-1]
        o = told_once(lab.of(t[name + ".pid"], event), res)
        unseen = name == "skip" or blind(t)
        agree("process.name", o["process"]["name"], "actor")
        if unseen:
            agree("result", o["event"]["res"], None)
        else:
            agree("result", result(o), res)
            agree("result of the call", res < 0 and res, t["sys.res"] < 0 and t["sys.res"])
        agree("arguments", arguments(o, event, unseen), arguments(base, event, unseen))
        for k in NAMES:  # the kernel's own copy
            agree(k + "_as_passed", o["event"]["args"].get(k + "_as_passed"), None)
        if not (unseen and event in MAKES_FD):
            agree("fd", descriptor(o, unseen, res), descriptor(base, unseen, res))
        if not unseen:
            agree("paths", o["event"].get("paths"), base["event"].get("paths"))
    return run


def all_known(lab):
    t = lab.do("uring-ops")
    agree("operations", {k: v for k, v in t.items() if k in OPERATIONS or v in
                         OPERATIONS.values()}, OPERATIONS)


# --- tricks ---------------------------------------------------------------------------------------
SECRET, PUBLIC = "/tmp/secret", "/tmp/public"


def names(told):
    return [o["event"].get("fd", {}).get("name") or o["event"]["args"].get("name") for o in told]


def opens(trick, *files):
    def run(lab):
        t = lab.trick(trick)
        agree("opened", names(lab.of(t["pid"], "openat")), list(files))
    return run


def swap(lab):
    t = lab.trick("swap")
    told = lab.of(t["pid"], "openat")
    agree("names asked for", {o["event"]["args"]["name"] for o in told}, {SECRET})
    if SECRET not in names(told):
        raise Disagree("the file that was opened is not told: %s" % names(told))


def rewrite(lab):
    t = lab.trick("rewrite")
    told = lab.of(t["pid"], "openat")
    agree("opened", names(told), [SECRET])
    agree("name", told[0]["event"]["args"]["name"], SECRET)


def direct(lab):
    t = lab.trick("direct")
    told = lab.of(t["pid"], "openat")
    if t["any"] < 0 or t["named"] < 0:
        raise Skip("this kernel opens nothing directly")
    agree("opened", names(told), [SECRET, PUBLIC])
    for o in told:
        agree("descriptor", o["event"]["args"]["fd"], None)


def fixed(lab):
    t = lab.trick("fixed")
    agree("read", names(lab.of(t["pid"], "read")), [SECRET])
    if not t["blind"]:
        agree("bytes", result(lab.of(t["pid"], "read")[0]), t["read"])


def install(lab):
    t = lab.trick("fixed")
    if t["installed"] < 0:
        raise Skip("this kernel makes no descriptors of slots")
    told = lab.of(t["pid"], "dup")
    agree("made a descriptor", names(told), [SECRET])
    agree("descriptor", result(told[0]), t["installed"])


def multi(lab):
    t = lab.trick("multi")
    told = lab.of(t["pid"], "accept4")
    if t["fd0"] < 0:
        raise Skip("this kernel accepts once")
    agree("accepted", [result(o) for o in told], [t["fd0"], t["fd1"], t["fd2"]])
    for o in told:
        agree("local port", o["event"]["fd"]["local"]["port"], 4567)


def twins(lab):
    t = lab.trick("twins")
    agree("opened", names(lab.of(t["pid"], "openat")), [SECRET])
    agree("reads", len(lab.of(t["pid"], "read")), 1)


def chain(lab):
    t = lab.trick("chain")
    if t["head"] == EINVAL:
        raise Skip("this kernel always posts completions")
    told = lab.of(t["pid"], "openat")
    agree("opens", [o["event"]["args"]["name"] for o in told], ["/does/not/exist", SECRET, PUBLIC])
    agree("results", [result(o) for o in told], [None, ECANCELED, ECANCELED])


def rights(lab):
    t = lab.trick("rights")
    told = lab.of(t["pid"], "openat")
    agree("users", [o["user"]["uid"] for o in told], [0, 1042])
    if not t["blind"]:
        agree("results", [result(o) for o in told], [t["with"], -13])


def child(lab):
    t = lab.trick("child")
    agree("of the parent", lab.of(t["pid"], "openat"), [])
    agree("of the child", names(lab.of(t["child"], "openat")), [SECRET])


def thread(lab):
    t = lab.trick("thread")
    told = lab.of(t["pid"], "openat")
    agree("opened", names(told), [SECRET])
    agree("by the leader", told[0]["process"]["tid"] == told[0]["process"]["pid"], False)


def long_name(lab):
    t = lab.trick("long")
    told = lab.of(t["pid"], "openat")
    agree("opened", names(told), [SECRET])
    agree("length", len(told[0]["event"]["args"]["name"]), t["len"])


def unended(lab):
    t = lab.trick("unended")
    agree("results", [result(o) for o in lab.of(t["pid"], "recvfrom")],
          [None if t["blind"] else ECANCELED])


TRICKS = [("every operation of the actor has its rows", all_known)] + [
    ("%s, %s" % (op, w), way(op, w)) for op in OPERATIONS for w in WAYS
] + [
    ("a descriptor closed and used again in its batch", opens("batch", SECRET, PUBLIC)),
    ("the same, polled", opens("poll-batch", SECRET, PUBLIC)),
    ("a descriptor replaced before its completion is asked for", swap),
    ("a name rewritten before it is opened", rewrite),
    ("opened into a slot", direct),
    ("read from a slot", fixed),
    ("a descriptor made of a slot", install),
    ("accepted three times by one request", multi),
    ("two requests of one user_data, and no room", twins),
    ("a chain whose head fails without a word", chain),
    ("rights put aside", rights),
    ("a child on its parent's ring", child),
    ("a thread of the process", thread),
    ("a name of 4 KB", long_name),
    ("more requests than notes", opens("flood", SECRET)),
    ("a request that never ends", unended),
]

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(run_tricks(Rings(*sys.argv[1:3]), TRICKS))
