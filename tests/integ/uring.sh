# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Runs in a container: every operation in every way, and every trick; their truths on standard
# output, one a line.
a=/actors/actor
mkdir -p /tmp/ops /tmp/tricks
for op in $($a uring-ops | cut -d ' ' -f 1); do
	for way in sys inline async sqpoll link late skip defer defer-async full full-async; do
		$a uring "$op" $way /tmp/ops
	done
done
for trick in batch poll-batch swap rewrite direct fixed multi twins chain rights child thread long \
	flood unended; do
	mkdir -p /tmp/tricks/$trick
	$a uring-trick $trick /tmp/tricks/$trick
done
