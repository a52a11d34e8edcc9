# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# acts.sh WHERE: the acts of /actors/events for that place, one line "NAME STATUS TRUTH" for each.
while read -r name where; do
	[ "$where" = "$1" ] || continue
	dir=/tmp/acts/$name
	mkdir -p "$dir"
	truth=$(timeout 30 /actors/actor event "$name" "$dir" 2>/tmp/acts/err </dev/null)
	echo "$name $? $(echo "$truth" | tail -n 1)"
	sed "s/^/$name: /" /tmp/acts/err >&2
done </actors/events
