#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Runs the loads inside a container under each agent, round by round, and prints medians.

Started by tests/bench/run, which makes the container and the tools. Judges nothing.
"""
import argparse
import json
import os
import queue
import re
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import recording  # noqa: E402

IDLE_LIMIT, MAPS_LIMIT_MB = 1.3, 32
TICK = os.sysconf("SC_CLK_TCK")

# Load, its unit, how many to begin the calibration with (0: always once), and its command.
LOADS = [
    ("idle call", "getppid", 200000, ["getppid", "{n}"]),
    ("open+close", "open", 20000, ["open", "{n}", "/etc/passwd"]),
    ("fork+exec", "exec", 50, ["exec", "{n}", "/bin/busybox", "true"]),
    ("tcp connect", "connect", 2000, ["connect", "{n}"]),
    ("build (gcc)", "build", 0, ["exec", "1", "/bin/busybox", "sh", "/src/build.sh"]),
]


def wait_ready(proc, path, word):
    """Until the process has written the word to that file."""
    while True:
        with open(path, "rb") as f:
            said = f.read()
        if word in said:
            return
        if proc.poll() is not None:
            sys.exit("%s ended: %s" % (" ".join(proc.args), said.decode(errors="replace")))
        time.sleep(0.002)


class Agent:
    """A process that watches meanwhile; none at all for "nothing"."""

    def __init__(self, args, name, options=()):
        self.args, self.name, self.options = args, name, list(options)
        self.proc, self.attach_s = None, 0.0

    def command(self):
        if self.name == "floor":
            return [self.args.work + "/floor", self.args.work + "/floor.o"]
        return [self.args.hullwatch, "run", "--json", "--rules", self.args.rules] + self.options

    def start(self):
        if self.name == "nothing":
            return
        self.out = open(self.args.work + "/agent.out", "wb")
        self.err_path = self.args.work + "/agent.err"
        begin = time.monotonic()
        with open(self.err_path, "wb") as err:
            self.proc = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.out,
                                         stderr=err)
        wait_ready(self.proc, self.out.name if self.name == "floor" else self.err_path, b"ready:")
        self.attach_s = time.monotonic() - begin

    def cpu_s(self):
        if not self.proc:
            return 0.0
        with open("/proc/%d/stat" % self.proc.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_rss_mb(self):
        with open("/proc/%d/status" % self.proc.pid) as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024

    def maps(self):
        """(bytes, number) of the kernel maps and (bytes, number) of the programs that it holds."""
        seen = {}
        for fd in os.listdir("/proc/%d/fdinfo" % self.proc.pid):
            with open("/proc/%d/fdinfo/%s" % (self.proc.pid, fd)) as f:
                info = dict(line.split(":", 1) for line in f if ":" in line)
            for kind in ("map", "prog"):
                if kind + "_id" in info and "memlock" in info:
                    seen[kind, info[kind + "_id"].strip()] = int(info["memlock"])
        return tuple((sum(v for (k, _), v in seen.items() if k == kind),
                      sum(k == kind for k, _ in seen)) for kind in ("map", "prog"))

    def stop(self):
        if not self.proc:
            return ""
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait(30)
        self.out.close()
        with open(self.err_path) as f:
            return f.read()


def in_container(args, command):
    done = subprocess.run(["runc", "exec", args.container] + command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("%s: %s" % (" ".join(command), done.stderr.decode(errors="replace")))
    return done.stdout.decode()


def run_load(args, load, n):
    """Seconds for one operation, and seconds of processor time."""
    command = ["/load"] + [c.format(n=n) for c in load[3]]
    return [int(ns) / 1e9 / max(n, 1) for ns in in_container(args, command).split()]


def calibrate(args, load):
    """How many operations take about the time asked for."""
    n = load[2]
    if not n:
        return 1
    return max(n, int(args.seconds / run_load(args, load, n)[0]))


# --- loads under agents -------------------------------------------------------------------------
def one_round(args, agent, counts, result):
    agent.start()
    for load in LOADS:
        cpu = agent.cpu_s()
        per_op, used = run_load(args, load, counts[load[1]])
        result.setdefault((agent.name, load[1]), []).append(per_op)
        result.setdefault((agent.name, load[1], "used"), []).append(used)
        time.sleep(0.2)  # what is still in the ring is this load's work
        spent = (agent.cpu_s() - cpu) / (per_op * counts[load[1]])
        result.setdefault((agent.name, load[1], "cpu"), []).append(spent)
    if agent.proc:
        result.setdefault((agent.name, "rss"), []).append(agent.peak_rss_mb())
        result.setdefault((agent.name, "attach"), []).append(agent.attach_s)
        result[(agent.name, "maps")] = agent.maps()
    result[(agent.name, "totals")] = agent.stop()


def duration(s):
    return "%.2f s" % s if s >= 1 else "%.1f us" % (s * 1e6) if s < 1e-2 else "%.1f ms" % (s * 1e3)


def print_verdicts(idle_ratio, maps):
    """The two figures that have a limit; the first by the fastest slices."""
    (map_bytes, n_maps), (prog_bytes, n_progs) = maps
    print("idle call    %.3f times that of an empty program on the hook (at most %.1f)" % (
        idle_ratio, IDLE_LIMIT))
    print("kernel maps  %.1f MB in %d maps (at most %d MB); programs %.1f MB in %d" % (
        map_bytes / 2**20, n_maps, MAPS_LIMIT_MB, prog_bytes / 2**20, n_progs))


def print_loads(result, rounds):
    med = {k: statistics.median(v) for k, v in result.items() if isinstance(v, list)}
    def ratio(to, *key):
        """Of the same round, so that what else the machine does meanwhile weighs less."""
        return statistics.median(h / o for h, o in zip(result[("hullwatch", *key)],
                                                       result[(to, *key)]))
    print("\nloads in a container, medians of %d rounds: time for one operation, and its ratios; "
          "the same of\nprocessor time alone, which other work on the machine falsifies less (of the idle call:\n"
          "of its fastest 500)"
          % rounds)
    print("%-12s %12s %12s %12s | %8s %8s | %8s %8s | %9s" % (
        "", "nothing", "floor", "hullwatch", "/nothing", "/floor", "CPU /n.", "CPU /fl.",
        "agent CPU"))
    for name, key, _, _ in LOADS:
        times = [duration(med[(a, key)]) for a in ("nothing", "floor", "hullwatch")]
        print("%-12s %12s %12s %12s | %8.3f %8.3f | %8.3f %8.3f | %7.1f %%" % (
            name, *times, ratio("nothing", key), ratio("floor", key),
            ratio("nothing", key, "used"), ratio("floor", key, "used"),
            100 * med[("hullwatch", key, "cpu")]))
    print("attach       floor %.3f s, hullwatch %.3f s" % (
        med[("floor", "attach")], med[("hullwatch", "attach")]))
    print("peak RSS     hullwatch %.1f MB" % med[("hullwatch", "rss")])
    print_verdicts(ratio("floor", "getppid", "used"), result[("hullwatch", "maps")])
    print("totals of the last round:")
    for line in result[("hullwatch", "totals")].splitlines():
        if re.search("produced|delivered|lost|alerts", line):
            print("  " + line)


def bench_loads(args):
    counts = {load[1]: calibrate(args, load) for load in LOADS}
    result = {}
    names = ["nothing", "floor", "hullwatch"]
    for r in range(args.rounds):
        for name in names[r % 3:] + names[:r % 3]:
            one_round(args, Agent(args, name), counts, result)
            print(".", end="", flush=True, file=sys.stderr)
    print_loads(result, args.rounds)


# --- beside a flood -----------------------------------------------------------------------------
def flood_start(args):
    """Opens without end in the other container. What runs is the runtime's child."""
    return subprocess.Popen(["runc", "exec", args.noisy, "/load", "open", "1000000000",
                             "/etc/passwd"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def flood_stop(args, proc):
    subprocess.run(["runc", "exec", args.noisy, "/bin/busybox", "killall", "load"], check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    proc.wait(30)


def lost_by(path):
    """{container or "": events} of the feed's lost records."""
    out = {}
    with open(path, "rb") as f:
        for line in f:
            if b'"kind":"lost"' in line:
                o = json.loads(line)
                who = o.get("container", {}).get("full_id", "")
                out[who] = out.get(who, 0) + o["count"]
    return out


def bench_flood(args):
    load = [row for row in LOADS if row[1] == "exec"][0]
    n = calibrate(args, load)
    result, lost = {}, {}
    names = ["nothing", "floor", "hullwatch"]
    for r in range(args.rounds):
        for name in names[r % 3:] + names[:r % 3]:
            agent = Agent(args, name, ["--events=kernel"])
            agent.start()
            flood = flood_start(args)
            time.sleep(0.3)
            result.setdefault(name, []).append(run_load(args, load, n)[1])
            flood_stop(args, flood)
            agent.stop()
            if name == "hullwatch":
                for who, count in lost_by(args.work + "/agent.out").items():
                    lost[who] = lost.get(who, 0) + count
            print(".", end="", flush=True, file=sys.stderr)
    med = {k: statistics.median(v) for k, v in result.items()}
    print("\nfork+exec beside a container that opens files as fast as it can, %d rounds of %d: "
          "processor time" % (args.rounds, n))
    print("nothing %s, floor %s, hullwatch %s: %.3f of nothing, %.3f of floor" % (
        *(duration(med[a]) for a in names),
        *(statistics.median(h / o for h, o in zip(result["hullwatch"], result[a]))
          for a in names[:2])))
    print("events lost: of the flood %d, of its neighbour %d, of others %d" % (
        lost.pop(args.noisy, 0), lost.pop(args.container, 0), sum(lost.values())))


# --- from exec to alert line --------------------------------------------------------------------
LATENCY_RULE = """- rule: bench
  desc: what the latency is measured with
  condition: evt.type in (execve, execveat) and proc.args contains hw-latency
  output: "%proc.cmdline"
  priority: NOTICE
"""


def read_alerts(pipe, alerts):
    """Puts each line and when it could be read into alerts: its own thread, so that the wait for
    the container's command does not count."""
    rest = b""
    while True:
        data = os.read(pipe.fileno(), 1 << 20)
        at = time.time_ns()
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            alerts.put((json.loads(line), at))


def next_alert(alerts, seconds):
    """The next alert of a program called echo in a container, and when it could be read."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            alert, at = alerts.get(timeout=end - time.monotonic())
        except queue.Empty:
            break
        if alert.get("rule") == "bench" and alert["process"]["name"] == "echo":
            return alert, at
    return None, 0


def latencies(args, pipe):
    alerts = queue.Queue()
    threading.Thread(target=read_alerts, args=(pipe, alerts), daemon=True).start()
    for _ in range(30):
        time.sleep(0.15)
        in_container(args, ["/bin/echo", "hw-latency"])
        alert, at = next_alert(alerts, 5)
        if alert:
            yield (at - alert["output_fields"]["evt.time"]) / 1e6


def bench_latency(args):
    rules = args.work + "/latency.yaml"
    with open(rules, "w") as f:
        f.write(LATENCY_RULE)
    with open(args.work + "/latency.err", "w+b") as err:
        proc = subprocess.Popen([args.hullwatch, "run", "--json", "--rules", rules],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
        wait_ready(proc, err.name, b"ready:")
        got = sorted(latencies(args, proc.stdout))
        proc.send_signal(signal.SIGTERM)
        proc.wait(30)
    if not got:
        sys.exit("no alert came back from the latency measurement")
    print("\nexec to alert line at idle, %d times: median %.2f ms, 90 %% %.2f ms, worst %.2f ms" % (
        len(got), statistics.median(got), got[int(len(got) * 0.9)], got[-1]))


# --- replay -------------------------------------------------------------------------------------
def replay_once(args, path):
    """Seconds on the clock, and of CPU time: another process may have been on the same core."""
    begin, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", "0", args.hullwatch, "replay", path, "--json",
                           "--rules", args.rules], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("replay: " + done.stderr.decode(errors="replace"))
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.monotonic() - begin,
            now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)


def bench_replay(args):
    real, big = args.work + "/real.rec", args.work + "/big.rec"
    with open(args.work + "/record.err", "w+b") as err:
        proc = subprocess.Popen([args.hullwatch, "record", "-w", real, "--rules", args.rules],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        wait_ready(proc, err.name, b"ready:")
        for load, n in zip(LOADS, (100, 2000, 200, 1000, 1)):
            run_load(args, load, n)
        proc.send_signal(signal.SIGTERM)
        proc.wait(30)
    events = recording.repeat(real, big, args.events)
    walls, cpus = zip(*(replay_once(args, big) for _ in range(3)))
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    print("\nreplay on one core, %s, %d events: %.2f s = %.0f events/s; of CPU %.2f s = %.0f" % (
        args.rules, events, wall, events / wall, cpu, events / cpu))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--hullwatch", required=True)
    p.add_argument("--work", required=True)
    p.add_argument("--container", required=True)
    p.add_argument("--noisy", required=True, help="container for the flood")
    p.add_argument("--rules", required=True)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=1)
    p.add_argument("--events", type=int, default=1000000, help="in the replayed recording")
    p.add_argument("--only", choices=["loads", "flood", "latency", "replay"])
    args = p.parse_args()
    parts = [("loads", bench_loads), ("flood", bench_flood), ("latency", bench_latency), ("replay", bench_replay)]
    for name, fn in parts:
        if args.only in (None, name):
            fn(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
