# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# What the emulated machine does, as its first process: mounts what it needs, starts a container, then
# runs the suites that "suites=A,B" on the kernel's command line names (/guest/A.sh). A suite acts and
# keeps what was seen in /out/SUITE; nothing is judged here. /out leaves the machine as a tar on its
# disk.
export PATH=/bin LD_LIBRARY_PATH=/lib HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tracefs tracefs /sys/kernel/tracing
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
hostname vm
ip link set lo up
exec >/dev/console 2>&1
for m in /modules/*.ko; do insmod "$m"; done

# watch DIR ARGUMENT...: hullwatch run in the background, its output in DIR; waits until it is ready.
watch() {
	dir=$1
	shift
	mkdir -p "$dir"
	hullwatch run --json "$@" >"$dir/feed.json" 2>"$dir/feed.err" </dev/null &
	watcher=$!
	until grep -qs 'hullwatch: ready' "$dir/feed.err"; do
		kill -0 "$watcher" 2>/dev/null || break
		sleep 0.5
	done
	step "$dir: ready"
}

unwatch() { # unwatch DIR: ends it; its status in DIR/feed.rc
	kill -TERM "$watcher"
	wait "$watcher"
	echo $? >"$1/feed.rc"
	step "$1: ended"
}

# container NAME: starts it from /bundle/NAME, idle, unless it runs. Its root is an overlay, as rules
# look at the layer that a program comes from.
container() {
	[ -d "/tmp/$1" ] && return
	mkdir -p "/tmp/$1/root" "/tmp/$1/upper" "/tmp/$1/work"
	mount -t overlay -o "lowerdir=/image,upperdir=/tmp/$1/upper,workdir=/tmp/$1/work" overlay \
		"/tmp/$1/root"
	runc --root /run/runc run -d -b "/bundle/$1" "$1" </dev/null >/run/runc.out 2>&1 ||
		cat /run/runc.out
}

inside() { # inside NAME COMMAND...: in that container
	runc --root /run/runc exec "$@" </dev/null
}

# leave: what is in /out leaves the machine, and the machine ends.
leave() {
	dmesg >/out/dmesg
	tar -cf /dev/nvme0n1 -C /out .
	sync
	qexit
}

step() { echo "@@ $*, $(cut -d' ' -f1 /proc/uptime) s"; }

uname -r >/out/release
uname -m >/out/machine
cat /sys/kernel/security/lsm >/out/lsm
cp /proc/cmdline /out/cmdline
for word in $(cat /proc/cmdline); do
	case $word in
	suites=*) suites=$(echo "${word#suites=}" | tr , ' ') ;;
	seconds=*) seconds=${word#seconds=} ;;
	esac
done
(
	sleep "$seconds"
	step "time is up; these run:"
	ps -o pid,ppid,stat,args
	leave
) &
for suite in $suites; do
	out=/out/$suite
	mkdir -p "$out"
	step "$suite"
	. "/guest/$suite.sh"
done
: >/out/end
leave
