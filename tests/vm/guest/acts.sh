# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# One run of hullwatch, which takes long to load here, with the shipped rules and a rule that wants
# every event: every event of the schema once, in a container (those of the host's cgroups outside of
# it), the same through io_uring (tests/integ/uring.py) and ways not to be seen (tests/integ/evasion.py),
# whose acts played.py collected. Keeps feed.json and feed.err; truths (each.sh), uring and evasion
# (tricks.sh) say what was done.
cat >/tmp/rule.yaml <<'END'
- rule: Hidden argument
  desc: an argument far behind, for evasion.py
  condition: evt.type = execve and proc.args contains hidden-argument
  output: "%proc.cmdline"
  priority: NOTICE
END
watch "$out" -r /rules -r /all.yaml -r /tmp/rule.yaml --events
cat /etc/shadow >/dev/null
container vmctr
step "container"
inside vmctr /bin/sh -c 'cat /etc/shadow >/dev/null; cp /bin/busybox /tmp/true; /tmp/true'
inside vmctr /actors/actor lo-up >/dev/null
inside vmctr /bin/sh /actors/each.sh inside /tmp/acts >"$out/truths" 2>"$out/acts.err"
sh /actors/each.sh outside /sys/fs/cgroup/acts >>"$out/truths" 2>>"$out/acts.err"
step "events"
if [ -x /actors/actor32 ]; then
	inside vmctr /actors/actor32
	echo $? >"$out/actor32"
fi
if [ -s /actors/uring ]; then
	inside vmctr /bin/sh /actors/tricks.sh uring vmctr >"$out/uring"
	step "io_uring"
fi
if [ -s /actors/evasion ]; then
	container vmctr-host
	for c in vmctr vmctr-host; do
		inside $c /bin/sh /actors/tricks.sh evasion $c
	done >"$out/evasion"
	step "evasion"
fi
sleep 1
unwatch "$out"
