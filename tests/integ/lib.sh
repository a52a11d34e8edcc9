# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=bash
#
# What the integration tests stand on: real containers (runc, crun, an own dockerd), a running
# hullwatch, results in TAP. Sourced by tests/integ/test_*; B names the build directory.
#
# Everything a test makes lies below $WORK and in cgroups below /hw-integ-PID, and is taken away on
# exit, also after a failure. Processes are ended by the pid with which they were started.
set -u

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
INTEG=$TOP/tests/integ
B=${B:-build}
[[ $B == /* ]] || B=$TOP/$B
HW=${HULLWATCH:-$B/hullwatch}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
CGROUP=/hw-integ-$$
export PYTHONDONTWRITEBYTECODE=1
# The program itself: python3 may be a script that looks for one, slowly.
PY=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)

# --- results, in TAP --------------------------------------------------------------------------
tap_n=0 tap_failed=0

ok() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $*"; }

not_ok() {
	tap_n=$((tap_n + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $*"
}

diag() { sed 's/^/# /' | head -n 40; }

skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }

# check NAME COMMAND...: passes when the command does; its output is the reason otherwise. Runs in
# this shell, so that what the command starts can be waited for and is cleaned up.
check() {
	local name=$1
	shift
	if "$@" >"$WORK/check.out" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		diag <"$WORK/check.out"
		return 1
	fi
}

skip_all() { echo "1..0 # SKIP $*"; exit 0; }

bail() { echo "Bail out! $*"; exit 1; }

done_testing() {
	echo "1..$tap_n"
	[[ $tap_failed == 0 ]]
	exit
}

# --- cleaning up ------------------------------------------------------------------------------
undo=()
on_exit() { undo+=("$(printf '%q ' "$@")"); }

cleanup() {
	local rc=$? i
	trap - EXIT
	set +e
	for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
		eval "${undo[i]}" >>"$WORK/cleanup.log" 2>&1
	done
	mounts_below "$WORK" | while read -r m; do umount -l "$m"; done
	find /sys/fs/cgroup -depth -type d -path "*$CGROUP*" -exec rmdir {} + 2>/dev/null
	cd / && rm -rf --one-file-system "$WORK"
	exit "$rc"
}

mounts_below() {
	awk -v d="$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/hw-integ.XXXXXX") || exit 1
chmod 755 "$WORK"
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

need_root() { [[ $(id -u) == 0 ]] || skip_all "needs root"; }
need_cmd() {
	local c
	for c in "$@"; do command -v "$c" >/dev/null || skip_all "$c is not installed"; done
}
need_hullwatch() { [[ -x $HW ]] || bail "$HW is not there: run make first"; }

# try SECONDS COMMAND...: until it succeeds.
try() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# alive PID: runs, and is no zombie.
alive() { [[ -e /proc/$1/stat && $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) != Z* ]]; }
gone() { ! alive "$1"; }

# stop_pid PID [SIGNAL]: ends a process of ours, by force after 20 s; returns its status if it is
# our child.
stop_pid() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	try 20 gone "$1" || { echo "# pid $1 does not end; killed"; kill -KILL "$1"; }
	wait "$1" 2>/dev/null
}

# --- images and containers --------------------------------------------------------------------
BUSYBOX=$(command -v busybox || true)

# make_image DIR: a small root file system with busybox, users and a few things worth guarding.
make_image() {
	local d=$1
	mkdir -p "$d"/{bin,etc,proc,sys,dev,root,var/log,home/keel,usr/bin,usr/local/bin,opt,actors}
	mkdir -m 1777 "$d/tmp"
	cp "$BUSYBOX" "$d/bin/busybox"
	"$BUSYBOX" --list | "$PY" -c 'import os, sys
for name in sys.stdin.read().split():
	name == "busybox" or os.symlink("busybox", sys.argv[1] + name)' "$d/bin/"
	cat >"$d/etc/passwd" <<-END
		root:x:0:0:root:/root:/bin/sh
		keel:x:1042:1042:container user:/home/keel:/bin/sh
	END
	printf 'root:x:0:\nkeel:x:1042:\n' >"$d/etc/group"
	printf 'root:*:19000:0:99999:7:::\n' >"$d/etc/shadow"
	chmod 640 "$d/etc/shadow"
}

image() { # the one image of a test, made once
	[[ -d $WORK/image ]] || make_image "$WORK/image"
	echo "$WORK/image"
}

# overlay NAME: prints a fresh overlay root over the image. Upper layer on tmpfs: overlayfs takes
# no overlayfs as upper layer, and the machine's /tmp may be one.
overlay() {
	local o=$WORK/overlay/$1
	image >/dev/null
	mkdir -p "$o"
	mount -t tmpfs -o mode=755 hw-integ "$o" && mkdir "$o"/{upper,work,root} &&
		mount -t overlay -o "lowerdir=$WORK/image,upperdir=$o/upper,workdir=$o/work" \
			overlay "$o/root" && echo "$o/root"
}

# bundle NAME [bundle.py option]... -- PROGRAM...: makes $WORK/bundle/NAME over a fresh overlay.
# NAME will be the container's id, which runtimes keep by machine: take c="NAME-$$".
bundle() {
	local name=$1 root
	shift
	root=$(overlay "$name") || return
	"$PY" "$TOP/tools/bundle.py" --dir "$WORK/bundle/$name" --rootfs "$root" \
		--cgroup "$CGROUP/$name" "$@"
}

# crun refuses a machine whose cgroup v2 hierarchy has controllers beside v1. There it gets a mount
# namespace of its own in which only v2 is seen; the machine's mounts stay as they are.
crun() {
	if [[ -e /sys/fs/cgroup/unified/cgroup.procs ]]; then
		unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh crun "$@"
	else
		command crun "$@"
	fi
}

# ctr_start RUNTIME NAME: starts the bundle NAME in the background, output in $WORK/NAME.out.
ctr_start() {
	on_exit ctr_delete "$1" "$2"
	"$1" run -d -b "$WORK/bundle/$2" "$2" >"$WORK/$2.out" 2>&1 </dev/null
}

# ctr_run RUNTIME NAME: runs it to its end.
ctr_run() {
	on_exit ctr_delete "$1" "$2"
	"$1" run -b "$WORK/bundle/$2" "$2" >"$WORK/$2.out" 2>&1 </dev/null
}

ctr_delete() {
	"$1" delete -f "$2"
	umount "$WORK/overlay/$2/root" "$WORK/overlay/$2"
}

# with_tty COMMAND...: runs it on a pseudo terminal of its own.
with_tty() {
	"$PY" -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$@" </dev/null
}

# The actor (tests/integ/actors), mounted at /actors with --mount "$ACTORS".
actor_build() {
	mkdir -p "$WORK/actors"
	if [[ -x $B/tests/actor ]]; then
		cp "$B/tests/actor" "$WORK/actors/actor"
	else
		gcc -std=c11 -D_GNU_SOURCE -static -o "$WORK/actors/actor" "$INTEG"/actors/*.c
	fi || bail "there is no actor: make check-root builds it"
}
# shellcheck disable=SC2034  # for the tests
ACTORS=$WORK/actors:/actors:ro

# --- an own dockerd -----------------------------------------------------------------------------
# dockerd_start: from then on "docker" talks to it alone.
dockerd_start() {
	export DOCKER_HOST=unix://$WORK/d/sock
	mkdir -p "$WORK/d"
	dockerd --bridge=none --iptables=false --ip6tables=false --data-root "$WORK/d/data" \
		--exec-root "$WORK/d/exec" --pidfile "$WORK/d/pid" -H "$DOCKER_HOST" \
		>"$WORK/d/log" 2>&1 </dev/null &
	DOCKERD_PID=$!
	on_exit dockerd_stop
	if ! try 60 docker_up || ! alive "$DOCKERD_PID"; then
		tail -n 20 "$WORK/d/log" | diag
		bail "dockerd does not come up"
	fi
	tar -C "$(image)" -c . | docker import - hw/busybox:1.0 >/dev/null ||
		bail "docker import failed"
}

docker_up() { docker version; }

dockerd_stop() {
	docker ps -aq | xargs -r docker rm -f
	stop_pid "$DOCKERD_PID"
	# Shims outlive a daemon that was killed; their command line names our directory.
	local p
	for p in /proc/[0-9]*; do
		[[ ${p#/proc/} != "$$" ]] && tr '\0' ' ' <"$p/cmdline" 2>/dev/null |
			grep -qF "$WORK/d/exec/" && kill -KILL "${p#/proc/}"
	done
	return 0
}

# --- hullwatch ----------------------------------------------------------------------------------
# hw_start NAME ARGUMENT...: "hullwatch run ARGUMENT..." in the background, its output in
# $WORK/NAME.json and $WORK/NAME.err, pid in HW_PID. Waits until it is ready.
hw_start() {
	local name=$1
	shift
	"$HW" run "$@" >"$WORK/$name.json" 2>"$WORK/$name.err" </dev/null &
	HW_PID=$!
	on_exit hw_gone "$HW_PID"
	if ! try 180 hw_ready "$HW_PID" "$WORK/$name.err" || ! alive "$HW_PID"; then
		diag <"$WORK/$name.err"
		bail "hullwatch run $* does not get ready"
	fi
}

hw_ready() { grep -q 'hullwatch: ready' "$2" || gone "$1"; }
hw_gone() { gone "$1" || stop_pid "$1"; }

# hw_stop [SIGNAL]: ends it and waits; its status.
hw_stop() { stop_pid "$HW_PID" "$@"; }

# alerts COMMAND FILE ...: see alerts.py.
alerts() { "$PY" "$INTEG/alerts.py" "$@"; }
# want NAME FILE CONDITION...: passes when a line of FILE holds, waiting up to 15 s.
want() { check "$1" "$PY" "$INTEG/alerts.py" want "${@:2}"; }
# never NAME FILE CONDITION...: passes when no line of FILE holds.
never() { check "$1" "$PY" "$INTEG/alerts.py" none "${@:2}"; }

# rule NAME CONDITION [OUTPUT]: one rule as YAML; write several into a file.
rule() {
	local condition
	condition=$(tr -s '\t\n ' ' ' <<<"$2")
	cat <<-END
		- rule: $1
		  desc: $1
		  condition: $condition
		  output: "${3:-$1 (%proc.cmdline in %container.name)}"
		  priority: NOTICE
		  tags: [test]
	END
}

