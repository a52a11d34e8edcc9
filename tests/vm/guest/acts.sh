# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# One run of hullwatch, which takes long to load here, with the shipped rules and a rule that wants
# every event: every event of the schema once, in a container (those of the host's cgroups outside of
# it), then the tricks of tests that act and look by turns, as played.py collected them. Keeps
# feed.json and feed.err; truths (each.sh), evasion and uring (tricks.sh) say what was done.
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
inside vmctr /bin/sh -c 'cat /etc/shadow >/dev/null; cp /bin/busybox /tmp/true; /tmp/true'
inside vmctr /actors/actor lo-up >/dev/null
inside vmctr /bin/sh /actors/each.sh inside /tmp/acts >"$out/truths" 2>"$out/acts.err"
sh /actors/each.sh outside /sys/fs/cgroup/acts >>"$out/truths" 2>>"$out/acts.err"
if [ -x /actors/actor32 ]; then
	inside vmctr /actors/actor32
	echo $? >"$out/actor32"
fi
for list in uring evasion; do
	[ -s /actors/$list ] || continue
	container vmctr-host
	for c in vmctr vmctr-host; do
		inside $c /bin/sh /actors/tricks.sh $list $c
	done >"$out/$list"
	echo "@@ $list after $(cut -d' ' -f1 /proc/uptime) s"
done
sleep 1
unwatch "$out"
