# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# A kernel that was booted with lockdown=confidentiality: what doctor and run make of it.
cat /sys/kernel/security/lockdown >"$out/state"
hullwatch doctor --json >"$out/doctor.json" 2>"$out/doctor.err"
echo $? >"$out/doctor.rc"
timeout 60 hullwatch run --json --for 1s -r /rules >"$out/run.json" 2>"$out/run.err" </dev/null
echo $? >"$out/run.rc"
