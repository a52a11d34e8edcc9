# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# What hullwatch says of this kernel: as it is, and when its types are hidden. Keeps doctor.json and
# the status of each; run.err is why it does not start without them.
hullwatch doctor --json >"$out/doctor.json" 2>"$out/doctor.err"
echo $? >"$out/doctor.rc"

mkdir -p /tmp/empty
mount --bind /tmp/empty /sys/kernel/btf
hullwatch doctor --json >"$out/nobtf.json" 2>"$out/nobtf.err"
echo $? >"$out/nobtf.rc"
timeout 60 hullwatch run --json -r /rules >"$out/run.json" 2>"$out/run.err" </dev/null
echo $? >"$out/run.rc"
umount /sys/kernel/btf
