# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#
# A laboratory container: what make-recordings and trial-falco share. Sourced, not run; needs root.
#
# The container is runc's, its root file system an overlay of busybox and the actor (the image) and
# an empty upper layer. All of it lies in $LAB and is gone after lab_done.
#
#   LAB_ID        id of the next container
#   LAB_MOUNTS    more mounts, JSON, each with a comma before it
#   LAB_CAPS      capabilities, JSON list        LAB_MASK     1: /proc and /sys read-only (default)
#   LAB_ANNOTATIONS  more annotations, JSON, likewise
#   LAB_ARGS      the first program, JSON list   LAB_RUNTIME  runc

LAB_ORDINARY_CAPS='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_KILL","CAP_NET_BIND_SERVICE",
	"CAP_NET_RAW","CAP_SETGID","CAP_SETUID","CAP_SYS_CHROOT"'

# All that the kernel knows and this process has: a right that the caller lacks cannot be given.
lab_all_caps()
{
	awk '/^CapBnd/ { print $2 }' /proc/self/status | awk '
		BEGIN {
			split("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID " \
			      "SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN " \
			      "NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE " \
			      "SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME " \
			      "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP " \
			      "MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ " \
			      "PERFMON BPF CHECKPOINT_RESTORE", name, " ")
		}
		{
			n = 0
			for (i = length($1); i > 0; i--) {
				d = index("0123456789abcdef", substr($1, i, 1)) - 1
				for (b = 0; b < 4; b++) {
					n++
					if (int(d / 2 ^ b) % 2 && name[n] != "")
						out = out (out == "" ? "" : ",") "\"CAP_" name[n] "\""
				}
			}
			print out
		}'
}

lab_fail()
{
	echo "$0: $*" >&2
	exit 1
}

# Says what the laboratory needs and this machine or user has not; false when nothing is missing.
lab_missing()
{
	[ "$(id -u)" = 0 ] || { echo "needs root, to start containers and to load programs"; return; }
	for lab_tool in "${LAB_RUNTIME:-runc}" busybox "${CC:-gcc}" mount nsenter ip awk sha256sum script; do
		command -v "$lab_tool" >/dev/null || { echo "$lab_tool is not installed"; return; }
	done
	return 1
}

# lab_init ACTORS: compiles the actor from that folder, makes $LAB and the image in it.
lab_init()
{
	lab_why=$(lab_missing) && lab_fail "$lab_why"
	LAB=$(mktemp -d /tmp/hwlab.XXXXXX)
	trap lab_done EXIT
	trap 'exit 1' INT TERM HUP
	LAB_PIDS=
	LAB_IDS=
	LAB_RUNTIME=${LAB_RUNTIME:-runc}
	# /tmp may lie in an overlay itself, which takes no other on top.
	mount -t tmpfs -o mode=755 hwlab "$LAB" || lab_fail "no tmpfs"
	lab_root=$LAB/image
	mkdir -p "$LAB/run" "$LAB/host"
	for d in bin sbin usr/bin usr/sbin usr/local/bin etc/ssl/private etc/ssh etc/cron.d etc/nginx \
		etc/pam.d proc sys dev tmp var/tmp var/log/app var/lib/app root/.ssh root/.aws run opt/app \
		home/ann/.ssh run/secrets/kubernetes.io/serviceaccount; do
		mkdir -p "$lab_root/$d"
	done
	chmod 1777 "$lab_root/tmp" "$lab_root/var/tmp"
	ln -s /run "$lab_root/var/run"
	cp "$(command -v busybox)" "$lab_root/bin/busybox"
	${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -static -o "$LAB/host/actor" "$1"/*.c ||
		lab_fail "the actor does not compile"
	cp "$LAB/host/actor" "$lab_root/bin/actor"
	for p in sh ash cat id ls ln mv rm cp echo grep find sleep true nc telnet wget vi sed touch \
		chmod mkdir head dd tail; do
		ln -s busybox "$lab_root/bin/$p"
	done
	for p in apk nginx tcpdump socat logrotate passwd ssh-keygen dpkg su aws; do
		cp "$LAB/host/actor" "$lab_root/usr/bin/$p"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n' \
		>"$lab_root/etc/passwd"
	printf 'daemon:x:1:1::/:/bin/false\nwww-data:x:33:33::/:/bin/false\n' >>"$lab_root/etc/passwd"
	printf 'root:x:0:\nann:x:1000:\n' >"$lab_root/etc/group"
	for f in etc/shadow etc/gshadow etc/hosts etc/ssl/private/server.key etc/ssl/server.pem \
		etc/nginx/nginx.conf etc/app.conf etc/sudoers root/.ssh/id_ed25519 \
		root/.ssh/id_ed25519.pub root/.ssh/known_hosts root/.aws/credentials root/.aws/config \
		root/.bash_history root/.profile var/log/auth.log var/log/app/app.log var/lib/app/data \
		opt/app/data; do
		echo "of no use" >"$lab_root/$f"
	done
	# As the kubelet lays it out: links to a folder that is exchanged as a whole.
	lab_sa=$lab_root/run/secrets/kubernetes.io/serviceaccount
	mkdir "$lab_sa/..2026_01_01"
	echo token >"$lab_sa/..2026_01_01/token"
	echo default >"$lab_sa/..2026_01_01/namespace"
	ln -s ..2026_01_01 "$lab_sa/..data"
	ln -s ..data/token "$lab_sa/token"
	ln -s ..data/namespace "$lab_sa/namespace"
}

# Settings as for "--privileged". Where the caller itself lacks a right, the container does too; so
# it says what it is, as podman does.
lab_privileged()
{
	LAB_CAPS="[$(lab_all_caps)]" LAB_MASK=0 LAB_DEVICES=true LAB_NNP=false
	LAB_ANNOTATIONS=', "io.podman.annotations.privileged": "TRUE"'
}

lab_config()
{
	lab_caps=${LAB_CAPS:-[$LAB_ORDINARY_CAPS]}
	lab_masks='"maskedPaths": ["/proc/kcore"],
		"readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],'
	[ "${LAB_MASK:-1}" = 1 ] || lab_masks=
	cat <<END
{
	"ociVersion": "1.0.2",
	"hostname": "lab",
	"process": {
		"terminal": false, "cwd": "/", "user": {"uid": 0, "gid": 0},
		"args": ${LAB_ARGS:-[\"/bin/sleep\", \"600\"]},
		"env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
		"noNewPrivileges": ${LAB_NNP:-true},
		"capabilities": {
			"bounding": $lab_caps, "effective": $lab_caps, "permitted": $lab_caps
		}
	},
	"root": {"path": "rootfs", "readonly": false},
	"mounts": [
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
			"options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
		{"destination": "/dev/pts", "type": "devpts", "source": "devpts",
			"options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
		{"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
			"options": ["nosuid", "nodev", "mode=1777", "size=65536k"]},
		{"destination": "/sys", "type": "sysfs", "source": "sysfs",
			"options": ["nosuid", "noexec", "nodev", "ro"]}${LAB_MOUNTS:-}
	],
	"annotations": {
		"io.kubernetes.cri.container-type": "container",
		"io.kubernetes.cri.container-name": "lab",
		"io.kubernetes.cri.image-name": "registry.example/lab:1.0",
		"io.kubernetes.cri.sandbox-name": "lab-0",
		"io.kubernetes.cri.sandbox-namespace": "default"${LAB_ANNOTATIONS:-}
	},
	"linux": {
		$lab_masks
		"resources": {"devices": [{"allow": ${LAB_DEVICES:-false}, "access": "rwm"}]},
		"namespaces": [
			{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
			{"type": "network"}
		]
	}
}
END
}

# lab_start: a new container LAB_ID with a fresh upper layer, running its first program.
lab_start()
{
	lab_bundle=$LAB/$LAB_ID
	mkdir -p "$lab_bundle/upper" "$lab_bundle/work" "$lab_bundle/rootfs"
	mount -t overlay overlay "$lab_bundle/rootfs" -o \
		"lowerdir=$LAB/image,upperdir=$lab_bundle/upper,workdir=$lab_bundle/work" ||
		lab_fail "no overlay file system"
	lab_config >"$lab_bundle/config.json"
	LAB_IDS="$LAB_IDS $LAB_ID"
	"$LAB_RUNTIME" --root "$LAB/run" run --detach --bundle "$lab_bundle" \
		--pid-file "$lab_bundle/pid" "$LAB_ID" </dev/null >"$lab_bundle/out" 2>&1 ||
		lab_fail "the container did not start: $(cat "$lab_bundle/out")"
}

# The first program's process id, as the host sees it.
lab_pid()
{
	cat "$lab_bundle/pid"
}

# Runs a program in the container, entered from outside.
lab_in()
{
	"$LAB_RUNTIME" --root "$LAB/run" exec "$LAB_ID" "$@" </dev/null
}

# The same with a terminal.
lab_in_tty()
{
	script -qec "$LAB_RUNTIME --root $LAB/run exec --tty $LAB_ID $*" /dev/null </dev/null
}

# Runs something in the background; it is ended by lab_done at the latest.
lab_bg()
{
	"$@" </dev/null >/dev/null 2>&1 &
	LAB_PIDS="$LAB_PIDS $!"
}

# An address of its own on the container's loopback interface, so that there is somebody to talk to.
lab_address()
{
	nsenter --net="/proc/$(lab_pid)/ns/net" ip addr add "$1" dev lo &&
		nsenter --net="/proc/$(lab_pid)/ns/net" ip link set lo up
}

# lab_watch OUT COMMAND...: starts hullwatch with its standard output in OUT and waits until it is
# ready.
lab_watch()
{
	lab_out=$1
	shift
	: >"$LAB/watch.err"
	"$@" </dev/null >"$lab_out" 2>"$LAB/watch.err" &
	lab_watcher=$!
	LAB_PIDS="$LAB_PIDS $lab_watcher"
	lab_i=0
	until grep -q ready "$LAB/watch.err"; do
		kill -0 "$lab_watcher" 2>/dev/null && [ "$lab_i" -lt 60 ] ||
			lab_fail "$1 did not get ready: $(cat "$LAB/watch.err")"
		lab_i=$((lab_i + 1))
		sleep 0.25
	done
}

# Ends it, and returns its status. Not with SIGINT: the shell starts background jobs deaf to that.
lab_watch_end()
{
	sleep 0.5
	kill -TERM "$lab_watcher"
	wait "$lab_watcher"
}

lab_stop()
{
	"$LAB_RUNTIME" --root "$LAB/run" delete --force "$1" >/dev/null 2>&1
	umount "$LAB/$1/rootfs" 2>/dev/null
	rm -rf "${LAB:?}/$1/upper" "${LAB:?}/$1/work"
}

lab_done()
{
	trap - EXIT
	for lab_id in $LAB_IDS; do
		lab_stop "$lab_id"
	done
	for lab_p in $LAB_PIDS; do
		kill "$lab_p" 2>/dev/null
	done
	wait
	case $LAB in
	/tmp/hwlab.*) { umount "$LAB" 2>/dev/null || umount -l "$LAB"; } && rmdir "$LAB" ;;
	esac
}
