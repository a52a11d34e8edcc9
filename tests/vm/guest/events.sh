# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# Every event of the schema once, in a container, while hullwatch watches for all of them with the
# shipped rules loaded; events of the host's cgroups outside of it. /actors/events holds lines
# "NAME inside|outside". Keeps feed.json, feed.err, and truths: lines "NAME STATUS TRUTH".
watch $out -r /rules -r /all.yaml --events
cat /etc/shadow >/dev/null
container vmctr
inside vmctr /bin/sh -c 'cat /etc/shadow >/dev/null; cp /bin/busybox /tmp/true; /tmp/true'
inside vmctr /actors/actor lo-up >/dev/null
inside vmctr /bin/sh /actors/acts.sh inside /tmp/acts >$out/truths 2>$out/acts.err
sh /actors/acts.sh outside /sys/fs/cgroup/acts >>$out/truths 2>>$out/acts.err
[ -x /actors/actor32 ] && inside vmctr /actors/actor32 && echo yes >$out/actor32
sleep 1
unwatch $out
