# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""What tests that act in a container and look into the feed by turns share: evasion.py and others."""
import json
import os
import re
import subprocess
import time

KIND = re.compile(rb'"kind":"(\w+)"(?:.*?"event":{"type":"(\w+)")?')
RUNTIME = re.compile(r"(/.*/(runc|crun)|memfd:(runc|crun)_cloned:.*)$")


class Disagree(Exception):
    pass


class Skip(Exception):
    pass


class Lab:
    """TYPES of a descendant are the events that it asks for, as bytes; empty: all."""
    TYPES = set()

    def __init__(self, feed, container):
        self.container = container
        self.file, self.seen, self.lost_lines = open(feed, "rb"), {}, []

    def act(self, *words):
        """Runs the actor in the container; its truth."""
        done = subprocess.run(["runc", "exec", self.container, "/actors/actor"] + list(words),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        lines = done.stdout.decode().splitlines()
        if not lines:
            raise Disagree("the actor said nothing: %s" % done.stderr.decode(errors="replace"))
        return json.loads(lines[-1])

    def do(self, *words):
        """The same; what cannot be done here is skipped."""
        truth = self.act(*words)
        if "why" in truth:
            raise Skip(truth["why"])
        return truth

    def ours(self, line):
        return self.container.encode() in line

    def alert(self, line):
        """For who wants to know."""

    def read_on(self):
        """Keeps the events of our containers: the machine does much else."""
        data = self.file.read()
        whole, _, rest = data.rpartition(b"\n")
        self.file.seek(-len(rest), os.SEEK_CUR)
        for line in whole.split(b"\n"):
            kind = KIND.search(line, 0, 400)
            if not kind or kind[1] == b"alert":  # an alert begins with its rule
                self.alert(line)
            elif kind[1] == b"lost":
                self.lost_lines.append(json.loads(line))
            elif kind[2] and (not self.TYPES or kind[2] in self.TYPES) and self.ours(line):
                self.seen.setdefault(kind[2].decode(), []).append(json.loads(line))

    def lost(self, kind):
        """Events of a class that the feed says were lost."""
        return sum(o["count"] for o in self.lost_lines if o["class"] == kind and o["gone"])

    def find(self, event, accept):
        """The event that accept takes: waits for it."""
        end = time.monotonic() + 20
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
        """Before the actor there is the runtime, which opens files under the same number."""
        program = RUNTIME.match(o["process"]["exepath"] or "")
        return o["container"].get("full_id") == self.container and \
            o["process"]["vpid"] == vpid and not program

    def find_of(self, event, vpid, accept=lambda o: True):
        return self.find(event, lambda o: self.of_actor(o, vpid) and accept(o))

    def all_of(self, event, vpid, accept=lambda o: True):
        """All events of a process that has ended, in their order."""
        self.find_of("procexit", vpid)
        return [o for o in self.seen.get(event, []) if self.of_actor(o, vpid) and accept(o)]


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


def address(ip, port):
    return {"ip": ip, "port": port}


def run_tricks(lab, tricks):
    """Rows of a name and a function of the laboratory, as TAP; the exit status."""
    failed = 0
    for n, (name, trick) in enumerate(tricks, 1):
        try:
            trick(lab)
            print("ok %d - %s" % (n, name), flush=True)
        except Skip as e:
            print("ok %d - %s # SKIP %s" % (n, name, e), flush=True)
        except (Disagree, KeyError, TypeError, ValueError, IndexError, OSError) as e:
            failed += 1
            print("not ok %d - %s\n# %s: %s" % (n, name, type(e).__name__, e), flush=True)
    print("1..%d" % len(tricks))
    return 1 if failed else 0
