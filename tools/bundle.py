#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""Writes an OCI bundle's config.json, for runc or crun: of what demo, tests and bench start.

Owns the shape of a small Linux container (docker's default capabilities, own namespaces, no
network). Knows nothing of hullwatch.

  bundle.py --dir BUNDLE --rootfs DIR --cgroup /hw/NAME [options] -- PROGRAM [ARGUMENT...]
"""
import argparse
import json
import os
import sys

DEFAULT_CAPS = """CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP
NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE""".split()

ALL_CAPS = DEFAULT_CAPS + """DAC_READ_SEARCH LINUX_IMMUTABLE NET_BROADCAST NET_ADMIN IPC_LOCK
IPC_OWNER SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE
SYS_TIME SYS_TTY_CONFIG LEASE AUDIT_CONTROL MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND
AUDIT_READ""".split()

CAP_BITS = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE
SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()

MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def own_bounding_set():
    """Capabilities that may be handed on: root does not have all of them everywhere."""
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("CapBnd:"):
                bits = int(line.split()[1], 16)
                return {name for i, name in enumerate(CAP_BITS) if bits >> i & 1}
    return set(CAP_BITS)


def capabilities(args):
    names = ALL_CAPS if args.privileged else DEFAULT_CAPS
    names = [n for n in names if n not in args.cap_drop] + args.cap_add
    have = own_bounding_set()
    return ["CAP_" + n for n in names if n in have]


def mounts(args):
    sys_flags = ["nosuid", "noexec", "nodev"] + ([] if args.privileged else ["ro"])
    rows = [
        ("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        ("/dev/pts", "devpts", "devpts",
         ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
        ("/dev/shm", "tmpfs", "shm", ["nosuid", "nodev", "mode=1777", "size=65536k"]),
        ("/sys", "sysfs", "sysfs", sys_flags),
    ]
    out = [{"destination": d, "type": t, "source": s, "options": o} for d, t, s, o in rows]
    for spec in args.mount:
        source, dest, mode = (spec.split(":") + ["rw"])[:3]
        out.append({"destination": dest, "type": "bind", "source": source,
                    "options": ["rbind", "rprivate", mode]})
    return out


def namespaces(args):
    kinds = ["pid", "ipc", "uts", "mount", "network"]
    return [{"type": k} for k in kinds if k not in args.share]


def config(args):
    caps = capabilities(args)
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": args.tty,
            "user": {"uid": args.uid, "gid": args.gid},
            "args": args.program,
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "TERM=xterm"] + args.env,
            "cwd": args.cwd,
            "capabilities": {k: caps for k in ("bounding", "effective", "permitted")},
            "noNewPrivileges": args.no_new_privs,
        },
        "root": {"path": os.path.abspath(args.rootfs), "readonly": args.readonly},
        "hostname": args.hostname,
        "annotations": dict(a.split("=", 1) for a in args.annotation),
        "mounts": mounts(args),
        "linux": {
            "cgroupsPath": args.cgroup,
            "resources": {} if args.no_device_rules else
                         {"devices": [{"allow": args.privileged, "access": "rwm"}]},
            "namespaces": namespaces(args),
            "maskedPaths": [] if args.privileged else MASKED,
            "readonlyPaths": [] if args.privileged else READONLY,
        },
    }


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dir", required=True, help="bundle directory, made when it is not there")
    p.add_argument("--rootfs", required=True)
    p.add_argument("--cgroup", required=True, help="cgroup path of the container")
    p.add_argument("--hostname", default="box")
    p.add_argument("--uid", type=int, default=0)
    p.add_argument("--gid", type=int, default=0)
    p.add_argument("--cwd", default="/")
    p.add_argument("--tty", action="store_true")
    p.add_argument("--privileged", action="store_true")
    p.add_argument("--readonly", action="store_true", help="read-only root file system")
    p.add_argument("--no-new-privs", action="store_true")
    p.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    p.add_argument("--annotation", action="append", default=[], metavar="KEY=VALUE")
    p.add_argument("--mount", action="append", default=[], metavar="SOURCE:DEST[:ro]")
    p.add_argument("--share", action="append", default=[], metavar="NAMESPACE",
                   help="namespace shared with the host: pid, ipc, uts, network")
    p.add_argument("--no-device-rules", action="store_true",
                   help="crun raises a limit to load them, for which it may lack SYS_RESOURCE")
    p.add_argument("--cap-add", action="append", default=[], metavar="NAME")
    p.add_argument("--cap-drop", action="append", default=[], metavar="NAME")
    p.add_argument("program", nargs="+", help="program and arguments, after --")
    args = p.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    path = os.path.join(args.dir, "config.json")
    with open(path + ".new", "w") as f:
        json.dump(config(args), f, indent=1)
    os.rename(path + ".new", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
