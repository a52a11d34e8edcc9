# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# Every event of the schema once, in a container, while hullwatch watches for all of them.
watch $out -r /rules -r /all.yaml --events
cat /etc/shadow >/dev/null
container
inside /bin/sh -c 'cat /etc/shadow; cp /bin/busybox /tmp/true; /tmp/true'
[ -x /actors/actor32 ] && inside /actors/actor32
sleep 1
unwatch $out
