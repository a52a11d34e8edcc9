#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Ways not to be seen, and what the feed must say in spite of them: for test_evasion.

  evasion.py HULLWATCH FEED CONTAINER LOADER

An actor does the trick in a container and prints what it truly did; a test here fails when the
feed was deceived. CONTAINER-host is a second container, which has the host's process numbers.
LOADER is the dynamic loader in the containers, where /bin/dynamic needs it. Speaks TAP.
"""
import sys

from lab import Disagree, Lab, Skip, address, agree, contains, run_tricks

SECRET, HARMLESS = "/etc/shadow", "/etc/passwd"
ACTOR = "/actors/actor"


class Evasions(Lab):
    TYPES = set(b"""open openat linkat connect rename renameat renameat2 unlinkat mkdirat chdir mmap
                execve execveat fork procexit""".split())

    def __init__(self, _hullwatch, feed, container, loader):
        super().__init__(feed, container)
        self.loader, self.containers = loader, (container, container + "-host")
        self.alerts = []

    def on(self, number):
        """Acts happen in this container from now on, and what was lost before does not count."""
        self.container = self.containers[number]
        self.read_on()
        self.lost_lines.clear()
        return self

    def ours(self, line):
        return self.containers[0].encode() in line

    def alert(self, line):
        if b'"rule":"Hidden argument"' in line and self.ours(line):
            self.alerts.append(line)

    def opened(self, vpid, name, fd):
        return self.find_of("openat", vpid, lambda o: o["event"]["args"]["name"] == name and
                            o["event"]["args"]["fd"] == fd)

    def started(self, vpid):
        return self.find_of("execve", vpid, lambda o: o["event"]["args"]["res"] == 0)


def is_program(o, path, ino=None):
    agree("process.exepath", o["process"]["exepath"], path)
    if ino is not None:
        agree("process.exe_ino", o["process"]["exe_ino"], ino)


# --- one file, many names -------------------------------------------------------------------------
def way(name):
    def run(lab):
        t = lab.do("evade-open", name)
        o = lab.opened(t["pid"], t["name"], t["fd"])
        agree("fd.name", o["event"]["fd"]["name"], SECRET)
        agree("fd.ino", o["event"]["fd"]["ino"], t["ino"])
        if "name_detached" in o["event"]["fd"]:
            raise Disagree("the path is said to be outside the container")
    return run


def hard_link(lab):
    t = lab.do("evade-link")
    o = lab.find_of("linkat", t["pid"])
    agree("oldpath", o["event"]["args"]["oldpath"], SECRET)
    agree("newpath", o["event"]["args"]["newpath"], t["name"])
    agree("target", o["event"]["paths"]["target"], t["name"])
    alias = lab.opened(t["pid"], t["name"], t["fd"])["event"]["fd"]
    secret = lab.opened(t["pid"], SECRET, t["secret_fd"])["event"]["fd"]
    agree("fd.name", alias["name"], t["name"])
    agree("nlink", alias["nlink"], t["nlink"])
    if t["nlink"] < 2:
        raise Disagree("the actor made no link")
    # overlayfs gives both names a number of their own when the file was in a lower layer.
    agree("ino", (alias["ino"], secret["ino"]), (t["ino"], t["secret_ino"]))
    agree("dev", alias["dev"], secret["dev"])
    agree("nlink of the secret", secret["nlink"], t["nlink"])


def deep(count, length):
    def run(lab):
        t = lab.do("evade-deep", str(count), str(length))
        fd = lab.opened(t["pid"], t["name"], t["fd"])["event"]["fd"]
        parts = [("%05d" % i).ljust(length, "y") for i in range(count)]
        is_path(fd, "/".join([t["top"]] + parts + [t["name"]]), count)
    return run


def is_path(fd, whole, steps):
    name = fd["name"]
    if len(whole) <= 4096:
        agree("fd.name", name, whole)
        return
    agree("name_cut", fd.get("name_cut"), True)
    if steps >= 4096:
        if name.startswith("/") or not whole.endswith("/" + name):
            raise Disagree("a path without its top is told as %r..." % name[:60])
        return
    agree("name_joined", fd.get("name_joined"), True)
    head, _, tail = name.partition("/.../")
    if len(name) > 4096 or len(head) < 250 or len(tail) < 1500:
        raise Disagree("head %d bytes, tail %d bytes" % (len(head), len(tail)))
    if not whole.startswith(head + "/") or not whole.endswith("/" + tail):
        raise Disagree("%r.../...%r are no parts of the path" % (head[-60:], tail[:60]))


# --- what is changed between entry and use --------------------------------------------------------
def same_order(lab, t, events, letter):
    told = "".join(letter(o) for o in events)
    agree("lost", lab.lost("file") + lab.lost("net"), 0)
    if told != t["seq"]:
        at = next((i for i, (a, b) in enumerate(zip(told, t["seq"])) if a != b), -1)
        raise Disagree("%d of %d told, the first wrong one is %d:\n# %s\n# %s" %
                       (len(told), len(t["seq"]), at, told, t["seq"]))
    if len(set(told)) < 2:
        raise Disagree("nothing changed meanwhile: the test has shown nothing")


def opened_letter(o):
    if o["event"]["args"]["fd"] < 0:
        return "-"
    return {SECRET: "s", HARMLESS: "h"}.get(o["event"]["fd"]["name"], "?")


def flip_name(lab):
    t = lab.do("evade-flip-name", "400")
    same_order(lab, t, lab.all_of("openat", t["pid"], lambda o: len(
        o["event"]["args"]["name"]) == len(SECRET)), opened_letter)


def swap_link(lab):
    t = lab.do("evade-swap-link", "400")
    same_order(lab, t, lab.all_of("openat", t["pid"], lambda o: o["event"]["args"]["name"] ==
                                  "/tmp/evade-swap"), opened_letter)


def flip_connect(lab):
    t = lab.do("evade-flip-connect", "300")
    ports = {t["a"]: "a", t["b"]: "b"}
    same_order(lab, t, lab.all_of("connect", t["pid"]),
               lambda o: ports.get(o["event"]["fd"]["remote"]["port"], "?"))


def flip_exec(lab):
    t = lab.do("evade-flip-exec", "60")
    for pid, exe, word in zip(t["children"].split(","), t["exes"], t["words"]):
        o = lab.started(int(pid))
        is_program(o, "/tmp/evade-exec-" + exe)
        agree("filename", o["event"]["args"]["filename"], "/tmp/evade-exec-" + exe)
        agree("argument", o["process"]["argv"][-1], {"g": "good", "e": "evil"}[word])
    if len(set(t["exes"])) < 2 or len(set(t["words"])) < 2:
        raise Disagree("nothing changed meanwhile: the test has shown nothing")


def from_caller(args, name, truth, used):
    """A name is what the kernel used, or is said to be only what was passed."""
    if args.get("obj1") is not None:
        agree("obj1", args["obj1"], truth[used])
    else:
        agree(name + "_as_passed", args.get(name + "_as_passed"), True)


def flip_unlink(lab):
    t = lab.do("evade-flip-unlink")
    o = lab.find_of("unlinkat", t["pid"])
    from_caller(o["event"]["args"], "name", t, "gone")


def names_passed(lab):
    t = lab.do("renameat2", "/tmp/evade-none", "/tmp/evade-other")
    o = lab.find_of("renameat2", t["pid"])
    from_caller(o["event"]["args"], "oldpath", t, "path1")


def race(event, name):
    """The argument is another one before the call ends: race.c sees to it."""
    def run(lab):
        act = "race-" + event.rstrip("at2")
        t = lab.do(act, "/tmp/" + act)
        agree("the kernel used the first", t["good"], 1)
        told = [o["event"]["args"] for o in lab.all_of(event, t["pid"])]
        args = [a for a in told if t["left"] in a[name] or t["used"] in a[name]][-1]
        from_caller(args, name, t, "used")
        if "used_new" in t:
            from_caller({"obj1": args.get("obj2"), "newpath_as_passed":
                         args.get("newpath_as_passed")}, "newpath", t, "used_new")
    return run


def race_connect(lab):
    t = lab.do("race-connect")
    told = {o["event"]["args"]["addr"] for o in lab.all_of("connect", t["pid"])}
    agree("addresses", told, {t["used"]})


def race_connect_unix(lab):
    t = lab.do("race-connect-unix", "/tmp")
    for o in lab.all_of("connect", t["pid"]):
        if o["event"]["args"].get("sun_as_passed"):
            continue
        agree("address", o["event"]["args"]["sun"], t["used"])


# --- other programs -------------------------------------------------------------------------------
def comm(lab):
    t = lab.do("evade-comm", "kworker/0:1")
    o = lab.opened(t["pid"], SECRET, t["fd"])
    agree("process.name", o["process"]["name"], t["comm"])
    is_program(o, ACTOR, t["exe_ino"])


def argv0(lab):
    t = lab.do("evade-exec", "/tmp/evade-argv0", "[kthreadd]", "evade-open", "plain")
    o = lab.opened(t["pid"], SECRET, t["fd"])
    agree("argv[0]", o["process"]["argv"][0], "[kthreadd]")
    is_program(o, "/tmp/evade-argv0", t["exe_ino"])


def deleted(lab):
    t = lab.do("evade-exec", "/tmp/evade-gone", "innocent", "evade-remove")
    before = lab.find_of("openat", t["pid"], lambda o: o["event"]["args"]["name"] == SECRET and
                         o["process"]["argv"][0] == "innocent")
    is_program(before, "/tmp/evade-gone", t["exe_ino"])
    o = lab.find_of("execve", t["pid"], lambda o: o["process"]["argv"][0] == "again")
    is_program(o, "/tmp/evade-gone", t["exe_ino"])
    contains("flags", o["process"]["flags"], "EXE_DELETED")


def replaced(lab):
    t = lab.do("evade-exec", "/tmp/evade-new", "innocent", "evade-replace")
    o = lab.opened(t["pid"], SECRET, t["fd"])
    is_program(o, "/tmp/evade-new", t["exe_ino"])
    if t["exe_ino"] == t["other_ino"]:
        raise Disagree("the actor replaced nothing")


def hash_of(vector):
    """As include/hash.h says, in other words."""
    mask, h = (1 << 64) - 1, 0xcbf29ce484222325
    words = [len(vector)] + [int.from_bytes(vector[i:i + 8], "little")
                             for i in range(0, len(vector), 8)] + [0]
    for w in words:
        h = (h ^ w) * 0x9e3779b97f4a7c15 & mask
        h ^= h >> 32
    return h


def padded(count, length):
    def run(lab):
        word = "hidden-argument-%d-%d" % (count, length)
        t = lab.do("evade-pad", str(count), str(length), word)
        argv = ["padded", "evade-noop"] + ["p" * length] * count + [word]
        vector = b"".join(a.encode() + b"\0" for a in argv)
        o = lab.started(t["child"])
        args = o["event"]["args"]
        agree("argv_len", args["argv_len"], len(vector))
        agree("argv_hash", int(args["argv_hash"], 16),
              hash_of(vector) if len(vector) <= 1 << 20 else 0)
        agree("the last argument", o["process"]["argv"][-1], word)
        contains("process.args", o["process"]["args"], word)
        agree("argv_cut", o["process"].get("argv_cut", False), len(vector) > 4096 + 2048)
        if not o["process"].get("argv_cut"):
            agree("argv", o["process"]["argv"], argv)
        is_told(lab, word)
    return run


def is_told(lab, word):
    """A rule finds the argument."""
    lab.read_on()
    if not any(word.encode() in line for line in lab.alerts):
        raise Disagree("no alert on %s" % word)


def script(kind):
    def run(lab):
        t = lab.do("evade-script", kind)
        o = lab.started(t["child"])
        args = o["event"]["args"]
        is_program(o, "/bin/busybox")
        agree("interp", args["interp"], "/bin/sh")
        agree("filename", args["filename"], t["name"])
        if kind == "link" and args.get("script_as_passed"):
            agree("script as passed", args["script"], t["name"])
        else:
            agree("script", args["script"], t["path"])
    return run


def no_script(lab):
    o = lab.started(lab.do("evade-run", ACTOR, "evade-noop")["child"])
    agree("script", o["event"]["args"]["script"], None)
    agree("interp", o["event"]["args"]["interp"], None)


def memfd(how, event):
    def run(lab):
        t = lab.do("evade-memfd", how)
        o = lab.find_of(event, t["child"], lambda o: o["event"]["args"]["res"] == 0)
        is_program(o, "memfd:payload")
        contains("flags", o["process"]["flags"], "EXE_FROM_MEMFD")
    return run


def by_loader(lab):
    t = lab.do("evade-run", lab.loader, "/bin/dynamic")
    agree("status", t["status"], 0)
    o = lab.started(t["child"])
    contains("process.exepath", o["process"]["exepath"], "/ld-linux")
    agree("argv", o["process"]["argv"], [lab.loader, "/bin/dynamic"])
    # What it runs is seen when its code is mapped.
    o = lab.find_of("mmap", t["child"], lambda o: (o["event"].get("fd") or {}).get("name") ==
                    "/bin/dynamic")
    contains("prot", o["event"]["args"]["prot"], "PROT_EXEC")


# --- other processes ------------------------------------------------------------------------------
def forked(lab, parent, kid):
    return lab.find_of("fork", parent, lambda o: o["event"]["args"]["child_vpid"] == kid)


def vfork(lab):
    t = lab.do("evade-vfork")
    kid = forked(lab, t["pid"], t["child"])["event"]["args"]["child_pid"]
    o = lab.started(t["child"])
    agree("pid", o["process"]["pid"], kid)
    is_program(o, "/tmp/evade-vfork")
    agree("parent", o["process"]["ancestors"][0]["exepath"], ACTOR)
    is_program(lab.opened(t["pid"], SECRET, t["fd"]), ACTOR)


def thread_exec(lab):
    t = lab.do("evade-thread", "/tmp/evade-thread")
    before = lab.find_of("openat", t["pid"], lambda o: o["event"]["args"]["name"] == "/etc/group")
    is_program(before, ACTOR)
    o = lab.opened(t["pid"], SECRET, t["fd"])
    is_program(o, "/tmp/evade-thread", t["exe_ino"])
    agree("argv[0]", o["process"]["argv"][0], "from-thread")
    for key in "pid", "start":
        agree(key, o["process"][key], before["process"][key])
    agree("tid", o["process"]["tid"], o["process"]["pid"])
    agree("exits", len(lab.all_of("procexit", t["pid"])), 1)


def thread_fork(lab):
    t = lab.do("evade-thread-fork")
    f = forked(lab, t["pid"], t["child"])
    if f["process"]["tid"] == f["process"]["pid"]:
        raise Disagree("the first thread made the child")
    o = lab.find_of("openat", t["child"], lambda o: o["event"]["args"]["name"] == SECRET)
    agree("ppid", o["process"]["ppid"], f["process"]["pid"])
    agree("parent", o["process"]["ancestors"][0]["pid"], f["process"]["pid"])
    is_program(o, ACTOR)


def reuse(number):
    def run(lab):
        t = lab.on(number).do("evade-reuse")
        agree("second", t["second"], t["first"])
        first = lab.started(t["first"])
        is_program(first, "/tmp/evade-first")
        o = lab.find_of("openat", t["second"], lambda o: o["event"]["args"]["name"] == SECRET)
        if number:
            agree("pid", o["process"]["pid"], t["second"])
            agree("pid of the first", first["process"]["pid"], t["second"])
        is_program(o, ACTOR)
        agree("name", o["process"]["name"], "actor")
        agree("argv", o["process"]["argv"], [ACTOR, "evade-reuse"])
        if o["process"]["start"] <= first["process"]["start"]:
            raise Disagree("it began with the first one")
    return run


def storm(lab):
    t = lab.do("evade-storm", "2000")
    # Who started it may have given it a child before: timeout(1) of busybox does.
    forks = [o for o in lab.all_of("fork", t["pid"]) if o["process"]["exepath"] == ACTOR]
    kids = {o["event"]["args"]["child_pid"] for o in forks}
    ends = [o for o in lab.seen["procexit"] if o["process"]["pid"] in kids]
    lost = lab.lost("proc")
    if len(forks) + lost < t["count"] or len(ends) + lost < len(kids):
        raise Disagree("%d forks and %d ends of %d, %d lost" % (len(forks), len(ends),
                                                               t["count"], lost))
    strangers = [o for o in ends if o["process"]["exepath"] != ACTOR]
    if strangers:
        raise Disagree("%d children of another program" % len(strangers))


def held_calls(lab):
    t = lab.do("evade-held-calls", "300")
    told = [o for o in lab.all_of("chdir", t["pid"]) if o["event"]["args"]["path"] == "/proc"]
    agree("calls", len(told), t["count"])
    agree("lost", lab.lost("state") + lab.lost("self"), 0)


def held_execs(lab):
    t = lab.do("evade-held-execs", "60")
    for i, pid in enumerate(int(p) for p in t["children"].split(",")):
        told = [o for o in lab.all_of("execve", pid) if o["process"]["exepath"] == ACTOR]
        agree("programs", [o["process"]["argv"] for o in told], [["held", "evade-noop", str(i)]])
    agree("lost", lab.lost("proc") + lab.lost("self"), 0)


# --- other ways into the kernel -------------------------------------------------------------------
def int80_open(lab):
    t = lab.do("evade-int80-open")
    o = lab.find_of("open", t["pid"], lambda o: o["event"]["args"]["fd"] == t["fd"])
    agree("fd.name", o["event"]["fd"]["name"], SECRET)


def int80_connect(lab):
    t = lab.do("evade-int80-connect")
    o = lab.find_of("connect", t["pid"])
    agree("res", o["event"]["args"]["res"], t["res"])
    agree("fd.remote", o["event"]["fd"]["remote"], address("127.0.0.1", t["port"]))


def int80_exec(lab):
    lab.do("evade-int80-open")
    t = lab.do("evade-int80-exec", ACTOR, "evade-open", "plain")
    o = lab.find_of("execve", t["pid"], lambda o: o["process"]["argv"][1:] ==
                    ["evade-open", "plain"])
    is_program(o, ACTOR)


def x32_open(lab):
    t = lab.do("evade-x32-open")
    agree("fd.name", lab.opened(t["pid"], SECRET, t["fd"])["event"]["fd"]["name"], SECRET)


WAYS = """plain relative dots dots-relative dirfd proc-fd proc-fd-dir proc-root proc-pid-root proc-cwd
symlink symlink-dir bind-file bind-dir bind-userns bind-twice chroot bind-chroot detached""".split()

TRICKS = [("the secret opened by " + w, way(w)) for w in WAYS] + [
    ("a hard link", hard_link),
    ("a path of 400 components", deep(400, 6)),
    ("a path of 9 KB in 1500 components", deep(1500, 5)),
    ("a path of 30 KB", deep(300, 100)),
    ("a path deeper than any walk", deep(5000, 5)),
    ("a name changed while it is opened", flip_name),
    ("a link exchanged while it is opened", swap_link),
    ("an address changed while it is connected to", flip_connect),
    ("file and argument changed while a program is started", flip_exec),
    ("a name changed while it is removed", flip_unlink),
    ("names of a rename", names_passed),
    ("another name in memory when a directory is made", race("mkdirat", "path")),
    ("... when a file is removed", race("unlinkat", "name")),
    ("... when one is renamed", race("renameat2", "oldpath")),
    ("another address in memory when a connect ends", race_connect),
    ("another path there", race_connect_unix),
    ("another thread name", comm),
    ("another argv[0]", argv0),
    ("a deleted program", deleted),
    ("a replaced program", replaced),
    ("no argument is missing that fits", padded(1, 10)),
    ("an argument behind 5 KB", padded(1, 5000)),
    ("an argument behind 300 KB", padded(3, 100000)),
    ("an argument behind 9 KB of short ones", padded(1000, 8)),
    ("an argument behind more than is hashed", padded(11, 100000)),
] + [("a script: " + k, script(k)) for k in "absolute relative bare link nested".split()] + [
    ("no script", no_script),
    ("a program in memory, by descriptor", memfd("fd", "execveat")),
    ("a program in memory, by path", memfd("path", "execve")),
    ("a program started by the dynamic loader", by_loader),
    ("a child that shares memory starts a program", vfork),
    ("a thread becomes a program", thread_exec),
    ("a thread makes a process", thread_fork),
    ("a process number used twice", reuse(0)),
    ("a process number used twice, the host's", reuse(1)),
    ("a storm of processes", storm),
    ("calls on a CPU whose other threads sleep while they are watched", held_calls),
    ("programs started there", held_execs),
    ("a 32-bit open", int80_open),
    ("a 32-bit connect", int80_connect),
    ("a 32-bit execve", int80_exec),
    ("an x32 open", x32_open),
]


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    LAB = Evasions(*sys.argv[1:5])
    sys.exit(run_tricks(LAB, [(name, lambda lab, trick=trick: trick(lab.on(0)))
                              for name, trick in TRICKS]))
