#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""One act for every event of the schema, and what the feed must then say: for test_events.

  events.py HULLWATCH FEED CONTAINER ROOT CGROUP

The actor prints the truth about what it did; the feed line of that event and process must agree
with it. An event without a row here fails. Speaks TAP. ROOT is the container's root file system as
the host sees it, CGROUP a path below the cgroup v2 hierarchy in which groups may be made.
"""
import json
import os
import subprocess
import sys
import time


class Lab:
    def __init__(self, hullwatch, feed, container, root, cgroup):
        self.hullwatch, self.container = hullwatch, container
        self.root, self.cgroup = root, cgroup
        self.file, self.seen, self.failed = open(feed, "rb"), {}, 0

    def act(self, *words):
        """Runs the actor in the container; its truth."""
        done = subprocess.run(["runc", "exec", self.container, "/actors/actor"] + list(words),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        lines = done.stdout.decode().splitlines()
        if not lines:
            raise Disagree("the actor said nothing: %s" % done.stderr.decode(errors="replace"))
        return json.loads(lines[-1])

    def background(self, *words):
        """Starts the actor; its first line of truth, and the process to wait for."""
        proc = subprocess.Popen(["runc", "exec", self.container, "/actors/actor"] + list(words),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return json.loads(proc.stdout.readline().decode()), proc

    def read_on(self):
        """Keeps the events of our container and our cgroups: the machine does much else."""
        data = self.file.read()
        whole, _, rest = data.rpartition(b"\n")
        self.file.seek(-len(rest), os.SEEK_CUR)
        for line in whole.split(b"\n"):
            if b'"kind":"event"' in line and (self.container.encode() in line or
                                              self.cgroup.encode() in line):
                o = json.loads(line)
                self.seen.setdefault(o["event"]["type"], []).append(o)

    def find(self, event, accept):
        """The event that accept takes: waits for it."""
        end = time.monotonic() + 10
        while True:
            self.read_on()
            for o in self.seen.get(event, []):
                if accept(o):
                    return o
            if time.monotonic() > end:
                raise Disagree("no %s event like that; the last of the actor: %s" % (
                    event, json.dumps([o for o in self.seen.get(event, [])
                                       if o["process"]["name"] == "actor"][-1:])[:1500]))
            time.sleep(0.1)

    def of_actor(self, o, vpid):
        return o["container"].get("full_id") == self.container and o["process"]["vpid"] == vpid

    def of(self, event, truth, **wanted):
        """The event of the actor's process, whose arguments must be these."""
        def accept(o):
            return self.of_actor(o, truth["pid"]) and o["process"]["name"] == "actor" and \
                all(same(o["event"]["args"].get(k), v) for k, v in wanted.items())
        o = self.find(event, accept)
        agree("container.name", o["container"]["name"], self.container)
        return o


class Disagree(Exception):
    pass


def same(got, want):
    """Numbers may come with a name beside them ("-2 (ENOENT)")."""
    if isinstance(want, int) and isinstance(got, str):
        try:
            got = int(got.split()[0], 0)
        except (ValueError, IndexError):
            return False
    return got == want


def agree(what, got, want):
    if not same(got, want):
        raise Disagree("%s is %r and should be %r" % (what, got, want))


def contains(what, got, want):
    if want not in str(got):
        raise Disagree("%s is %r and should hold %r" % (what, got, want))


def result(truth, key="res"):
    """As the kernel returned it."""
    return -truth[key + "_errno"] if truth[key] < 0 else truth[key]


# --- files ----------------------------------------------------------------------------------------
def opens(lab, name):
    t = lab.act("open-read", "/etc/passwd", name)
    o = lab.of(name, t, fd=t["fd"], name=t["path"])
    agree("fd.name", o["event"]["fd"]["name"], t["real"])
    agree("ino", o["event"]["args"]["ino"], t["ino"])
    contains("flags", o["event"]["args"]["flags"], "O_RDONLY")
    t = lab.act("open-read", "/does/not/exist", name)
    o = lab.of(name, t, name=t["path"])
    agree("fd of a failed open", o["event"]["args"]["fd"], -2)


def opens_at(lab, name):
    opens(lab, name)
    t = lab.act("open-read", "passwd", name, "/etc")
    o = lab.of(name, t, dirfd=t["dirfd"], name="passwd")
    agree("fd.name", o["event"]["fd"]["name"], t["real"])


def creates(lab, name):
    t = lab.act("creat", "/tmp/created")
    o = lab.of(name, t, fd=t["fd"], name=t["path"])
    agree("fd.name", o["event"]["fd"]["name"], t["real"])


def two_paths(first, second):
    def run(lab, name):
        open(lab.root + "/tmp/from-" + name, "w").close()
        t = lab.act(name, "/tmp/from-" + name, "/tmp/to-" + name)
        o = lab.of(name, t, **{first: t["path1"], second: t["path2"]})
        agree("res", o["event"]["args"]["res"], result(t))
        t = lab.act(name, "/tmp/missing/a", "/tmp/missing/b")
        o = lab.of(name, t, **{first: t["path1"], second: t["path2"]})
        agree("res of a failed one", o["event"]["args"]["res"], result(t))
    return run


def one_path(key):
    def run(lab, name):
        open(lab.root + "/tmp/gone-" + name, "w").close()
        t = lab.act(name, "/tmp/gone-" + name)
        agree("res", lab.of(name, t, **{key: t["path"]})["event"]["args"]["res"], result(t))
        t = lab.act(name, "/tmp/gone-" + name)
        agree("res the second time", result(t), -2)
        lab.of(name, t, **{key: t["path"], "res": -2})
    return run


# --- sockets --------------------------------------------------------------------------------------
def sockets(lab, name):
    t = lab.act("socket", "2", "1", "0")
    o = lab.of(name, t, fd=t["fd"], type=t["type"], proto=t["proto"])
    contains("domain", o["event"]["args"]["domain"], "AF_INET")
    t = lab.act("socket", "46", "1", "0")  # no such family
    lab.of(name, t, fd=result(t, "fd"))


def address(ip, port):
    return {"ip": ip, "port": port}


def is_address(what, text, ip, port):
    contains(what, text, ip)
    contains(what, text, str(port))


def connects(lab, name):
    for ip in "127.0.0.1", "::1":
        server, proc = lab.background("listen", ip, "0")
        t = lab.act("connect", ip, str(server["local_port"]))
        proc.wait(10)
        o = lab.of(name, t, fd=t["fd"], res=0)
        is_address("addr", o["event"]["args"]["addr"], ip, t["remote_port"])
        agree("fd.remote", o["event"]["fd"]["remote"], address(ip, t["remote_port"]))
        agree("fd.local", o["event"]["fd"]["local"], address(ip, t["local_port"]))
    t = lab.act("connect", "127.0.0.1", "1")
    lab.of(name, t, res=result(t))
    t = lab.act("connect-unix", "/tmp/none.sock")
    lab.of(name, t, res=result(t), sun="/tmp/none.sock")


def accepts(lab, name):
    server, proc = lab.background("listen", "127.0.0.1", "0", "1", name)
    client = lab.act("connect", "127.0.0.1", str(server["local_port"]))
    proc.wait(10)
    o = lab.of(name, server)
    agree("fd.local", o["event"]["fd"]["local"], address("127.0.0.1", server["local_port"]))
    agree("fd.remote", o["event"]["fd"]["remote"], address("127.0.0.1", client["local_port"]))


def sends(lab, name):
    server, proc = lab.background("udp-sink", "127.0.0.1", "0")
    t = lab.act(name, "127.0.0.1", str(server["local_port"]))
    proc.wait(10)
    o = lab.of(name, t, fd=t["fd"], res=t["res"])
    is_address("addr", o["event"]["args"]["addr"], "127.0.0.1", t["port"])


def dups(lab, name):
    t = lab.act("dup-file", "/etc/passwd", name)
    o = lab.of(name, t, oldfd=t["fd"], res=t["in"])
    agree("fd.name", o["event"]["fd"]["name"], "/etc/passwd")


# --- processes ------------------------------------------------------------------------------------
def forks(lab, name):
    t = lab.act("burst", "3")
    o = lab.of(name, t)
    if not o["event"]["args"]["child_pid"] or not o["event"]["args"]["child_vpid"]:
        raise Disagree("no child: %r" % o["event"]["args"])
    lab.of("procexit", t)  # the last that it does
    agree("forks", sum(lab.of_actor(e, t["pid"]) for e in lab.seen[name]), 3)


def exits(lab, name):
    t = lab.act("noop")
    o = lab.of(name, t)
    agree("status", o["event"]["args"]["status"], 0)


def execs(lab, name):
    t = lab.act("exec-from", "/tmp", "payload")
    o = lab.find(name, lambda o: lab.of_actor(o, t["child"]) and o["event"]["args"]["res"] == 0)
    agree("process.exepath", o["process"]["exepath"], t["path"])
    agree("process.name", o["process"]["name"], "payload")
    agree("parent", o["process"]["ancestors"][0]["name"], "actor")
    t = lab.act("exec-fail", "/does/not/exist")
    o = lab.of(name, t, res=result(t))
    agree("filename", o["event"]["args"]["filename"], "/does/not/exist")


def execs_at(lab, name):
    t = lab.act("memfd-exec", "payload")
    o = lab.find(name, lambda o: lab.of_actor(o, t["child"]) and o["event"]["args"]["res"] == 0)
    contains("process.exepath", o["process"]["exepath"], "memfd:payload")


def creds(lab, name):
    t = lab.act(name, "1042")
    agree("res", result(t), 0)
    o = lab.of(name, t, res=0)
    key = "gid" if "gid" in name else "uid"
    agree(key, o["event"]["args"].get(key), 1042)


def capsets(lab, name):
    t = lab.act("capset")
    o = lab.of(name, t, res=result(t))
    agree("capabilities left", o["process"]["capabilities"]["effective"], [])


def directories(lab, name):
    t = lab.act(name, "/tmp")
    o = lab.of(name, t, res=0)
    if name != "fchdir":
        agree("path", o["event"]["args"]["path"], "/tmp")
    if name != "chroot":
        agree("cwd", o["event"]["args"]["cwd"].rstrip("/"), t["cwd"])


def sessions(lab, name):
    t = lab.act("setsid")
    lab.of(name, t, res=t["res"])


def renames_itself(lab, name):
    t = lab.act("comm", "new-name")
    lab.find(name, lambda o: lab.of_actor(o, t["pid"]) and o["process"]["name"] == t["comm"])


# --- the kernel -----------------------------------------------------------------------------------
def traces(lab, name):
    for act, request in (("ptrace-attach", "PTRACE_ATTACH"), ("ptrace-seize", "PTRACE_SEIZE")):
        t = lab.act(act)
        o = lab.of(name, t, res=result(t), pid=t["child"])
        contains("request", o["event"]["args"]["request"], request)
    t = lab.act("ptrace-traceme")
    lab.find(name, lambda o: lab.of_actor(o, t["child"]) and
             "PTRACE_TRACEME" in str(o["event"]["args"]["request"]))


def modules(lab, name):
    t = lab.act("module-load") if name == "init_module" else lab.act("module-load", "/etc/passwd")
    o = lab.of(name, t, res=result(t))
    if name == "finit_module":
        agree("fd.name", o["event"]["fd"]["name"], "/etc/passwd")


# --- cgroups: made by this process, on the host ---------------------------------------------------
def hierarchy():
    unified = "/sys/fs/cgroup/unified"
    return unified if os.path.exists(unified + "/cgroup.procs") else "/sys/fs/cgroup"


def cgroups(lab, name):
    path = "%s/%s-%d" % (lab.cgroup, name, os.getpid())
    full = hierarchy() + path
    os.makedirs(full)
    ino = os.stat(full).st_ino
    child = subprocess.Popen(["sleep", "0.5"])
    with open(full + "/cgroup.procs", "w") as f:
        f.write(str(child.pid))
    child.wait()
    os.rmdir(full)
    o = lab.find(name, lambda o: o["event"]["args"]["path"] == path)
    agree("id", o["event"]["args"]["id"], ino)
    if name == "cgroup_attach_task":
        agree("moved", o["event"]["args"]["moved"], child.pid)


ACTS = {
    "fork": forks, "procexit": exits, "execve": execs, "execveat": execs_at,
    "cgroup_mkdir": cgroups, "cgroup_rmdir": cgroups, "cgroup_attach_task": cgroups,
    "open": opens, "openat": opens_at, "openat2": opens_at, "creat": creates,
    "link": two_paths("oldpath", "newpath"), "linkat": two_paths("oldpath", "newpath"),
    "symlink": two_paths("target", "linkpath"), "symlinkat": two_paths("target", "linkpath"),
    "rename": two_paths("oldpath", "newpath"), "renameat": two_paths("oldpath", "newpath"),
    "renameat2": two_paths("oldpath", "newpath"),
    "unlink": one_path("path"), "unlinkat": one_path("name"),
    "socket": sockets, "connect": connects, "accept": accepts, "accept4": accepts,
    "sendto": sends, "sendmsg": sends, "dup": dups, "dup2": dups, "dup3": dups,
    "ptrace": traces, "init_module": modules, "finit_module": modules,
    "chdir": directories, "fchdir": directories, "chroot": directories,
    "setuid": creds, "setgid": creds, "setreuid": creds, "setregid": creds, "setresuid": creds,
    "setresgid": creds, "capset": capsets, "setsid": sessions, "prctl": renames_itself,
}


def wanted_events(hullwatch):
    out = subprocess.run([hullwatch, "events", "--json"], stdout=subprocess.PIPE, check=True).stdout
    return [e["name"] for e in json.loads(out)["events"] if e["class"] not in ("self", "fact")]


def main():
    lab = Lab(*sys.argv[1:6])
    names = wanted_events(lab.hullwatch)
    for n, name in enumerate(names, 1):
        try:
            if name not in ACTS:
                raise Disagree("there is no act for it: add a row to tests/integ/events.py")
            ACTS[name](lab, name)
            print("ok %d - %s" % (n, name), flush=True)
        except (Disagree, KeyError, OSError, subprocess.SubprocessError) as e:
            lab.failed += 1
            print("not ok %d - %s\n# %s: %s" % (n, name, type(e).__name__, e), flush=True)
    for name in sorted(set(ACTS) - set(names)):
        lab.failed += 1
        print("not ok - %s has an act, and the schema no such event" % name)
    print("1..%d" % len(names))
    return 1 if lab.failed or not names else 0


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    sys.exit(main())
