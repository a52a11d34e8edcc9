# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# Overload with a small ring: one container floods with opens while another goes about its work,
# 40 programs and 40 files with names of their own. Keeps feed.json and feed.err.
container vmctr
container quiet
watch "$out" -r /all.yaml --events=proc,cgroup,cred,state,kernel,file -o ring.size=256K \
	-o scope=containers
inside vmctr /actors/load open 100000000 /etc/passwd >/dev/null &
one=$!
inside vmctr /actors/load open 100000000 /etc/passwd >/dev/null &
two=$!
sleep 2
inside quiet /bin/sh -c 'i=0; while [ $i -lt 40 ]; do i=$((i + 1))
	/bin/echo work-$i; : >/tmp/work-$i; usleep 30000; done' >/dev/null
inside vmctr /bin/sh -c 'killall load' 2>/dev/null
wait "$one" "$two"
inside quiet /bin/echo work-done >/dev/null
sleep 1
unwatch "$out"
