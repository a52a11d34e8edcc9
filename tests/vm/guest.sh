# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# What the emulated machine does: hullwatch watches while a shell, a container and a program of the
# 32-bit interface act. Says "@@ ok NAME" or "@@ not ok NAME"; test_kernels counts them.
export PATH=/bin LD_LIBRARY_PATH=/lib HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tracefs tracefs /sys/kernel/tracing
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
# The container's root: an overlay, as rules look at the layer that a program comes from.
mkdir -p /tmp/root /tmp/upper /tmp/work
mount -t overlay -o lowerdir=/image,upperdir=/tmp/upper,workdir=/tmp/work overlay /tmp/root
exec >/dev/console 2>&1

said() { # said NAME COMMAND...
	name=$1
	shift
	if "$@" >/dev/null; then echo "@@ ok $name"; else echo "@@ not ok $name"; fi
}
told() { grep -F "$1" /out.json | grep -qF "$2"; }
none() { ! grep -qF "$1" /out.json; }
alert() { grep -F "\"rule\":\"$1\"" /out.json | grep -qF "\"container.id\":\"$2\""; }

hullwatch run --json --events -r /rules >/out.json 2>/err.txt </dev/null &
watcher=$!
i=0
until grep -q ready /err.txt || [ $i -ge 200 ]; do
	i=$((i + 1))
	sleep 0.3
done
cat /etc/shadow >/dev/null
[ -x /bin/actor32 ] && actor32
runc --root /run/runc run -d -b /bundle vmctr </dev/null >/run/runc.out 2>&1 || cat /run/runc.out
runc --root /run/runc exec vmctr /bin/sh -c 'cat /etc/shadow; cp /bin/busybox /tmp/true; /tmp/true'
sleep 1
kill -TERM $watcher
wait $watcher
said "hullwatch ends well" [ $? = 0 ]
cat /err.txt
said "no hook is refused" none '"refused"'
said "nothing is lost" grep -q 'lost 0, alerts' /err.txt
said "alert on the host" alert "Password hash file read" host
said "alert in a container" alert "Password hash file read" vmctr
said "alert on a program in /tmp" alert "Program run from a temporary directory" vmctr
said "alert on exec from outside" alert "Shell run in a container from outside" vmctr
if [ -x /bin/actor32 ]; then
	said "32-bit open" told '"name":"actor32"' '"type":"open","class":"file"'
	said "32-bit openat" told '"name":"actor32"' '"type":"openat","class":"file"'
	said "32-bit connect" told '"name":"actor32"' '"addr":"127.0.0.1:4567"'
fi
echo "@@ end"
qexit 0
