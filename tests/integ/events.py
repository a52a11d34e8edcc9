#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Runs every event actor and compares its truth with the feed: for test_events.

  events.py run ACTOR COMMAND... >TRUTHS     in the container that COMMAND enters (runc exec NAME)
  events.py host ACTOR CGROUP >>TRUTHS       those that need the host, in a cgroup of ours
  events.py compare HULLWATCH TRUTHS CONTAINER FEED...

EVENTS in the environment: names of the only events that run and host shall make.
An event of the schema without an act, without a truth or not seen fails. A truth that says why
there is no such call is a skip.
"""
import json
import os
import subprocess
import sys
import time

import compare

# One shell for all, since entering a container takes long. Each act has a folder of its own and a
# process of its own, whose end is told after what it said. Files between, lest a process that an act
# left behind keeps our pipe open.
LOOP = """
for e; do
    mkdir -p /tmp/event/$e && chmod 777 /tmp/event/$e
    timeout 20 %s event $e /tmp/event/$e </dev/null >/tmp/event/out 2>/tmp/event/err
    status=$?
    cat /tmp/event/out
    echo "end $e $status"
    while read -r line; do echo "err $e $line"; done </tmp/event/err
done
"""


def acts(actor, on_host):
    out = subprocess.run([actor, "events"], stdout=subprocess.PIPE, check=True).stdout
    only = os.environ.get("EVENTS", "").split()
    return [a["name"] for a in json.loads(out.decode())["events"]
            if (a["needs"] == "host") == on_host and (not only or a["name"] in only)]


def told(event, status, text):
    """A truth for an act that told none."""
    return json.dumps({"event": event, "pid": 0, "broken": "status %s: %s" % (status, text)})


def sort_out(lines):
    """Truths from the loop's output; an act that failed or said nothing gets one of its own."""
    truths, seen, errors, ended = [], {}, {}, {}
    for line in lines:
        word = line.split(" ", 2)
        if line.startswith("{"):
            truth = json.loads(line)
            seen[truth.get("event")] = truth
            truths.append(line)
        elif word[0] == "end":
            ended[word[1]] = word[2]
        elif word[0] == "err":
            errors.setdefault(word[1], []).append(word[2] if len(word) > 2 else "")
    for event, status in ended.items():
        if event not in seen or status not in ("0", "77"):
            truths = [t for t in truths if json.loads(t).get("event") != event]
            truths.append(told(event, status, "; ".join(errors.get(event, []))[:300]))
    return truths


def run(argv):
    actor, command = argv[0], argv[1:]
    names = acts(actor, False)
    inside = os.environ.get("ACTOR_INSIDE", "/actors/actor")
    done = subprocess.run(command + ["/bin/sh", "-c", LOOP % inside, "sh"] + names,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    for truth in sort_out(done.stdout.decode(errors="replace").splitlines()):
        print(truth)
    return 0


def host(argv):
    actor, cgroup = argv
    os.makedirs(cgroup, exist_ok=True)
    for name in acts(actor, True):
        done = subprocess.run([actor, "event", name, cgroup], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        lines = done.stdout.decode(errors="replace").splitlines()
        if done.returncode in (0, 77) and lines:
            print(lines[-1])
        else:
            print(told(name, done.returncode, done.stderr.decode(errors="replace")))
    os.rmdir(cgroup)
    return 0


def of_truth(schema, truth, feed, container):
    if "broken" in truth:
        return "not ok", truth["broken"]
    return compare.check(schema, truth, feed, container)


def compare_all(hullwatch, truths, container, feeds):
    out = subprocess.run([hullwatch, "events", "--json"], stdout=subprocess.PIPE, check=True).stdout
    schema = compare.Schema(out.decode())
    truths = compare.read_truths(truths)
    words = (container.encode(), b'"type":"cgroup_')
    end = time.monotonic() + 15
    while True:
        lines = []
        for feed in feeds:
            lines += compare.read_feed(feed, lambda raw: any(w in raw for w in words))
        results = []
        for truth in truths:
            inside = container if truth["event"].split("_")[0] != "cgroup" else None
            results.append((truth["event"],) + of_truth(schema, truth, lines, inside))
        if time.monotonic() > end or all(r[1] != "not ok" for r in results):
            return compare.report(schema.events(), results)
        time.sleep(1)


def main(argv):
    if len(argv) > 3 and argv[1] == "run":
        return run(argv[2:])
    if len(argv) == 4 and argv[1] == "host":
        return host(argv[2:])
    if len(argv) > 5 and argv[1] == "compare":
        return compare_all(*argv[2:5], argv[5:])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
