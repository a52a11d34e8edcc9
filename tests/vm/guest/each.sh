# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# each.sh WHERE FOLDER: the acts of /actors/events for that place, each with a new folder below FOLDER;
# one line "NAME STATUS TRUTH" for each. Few programs are started: all of it is watched. Truths go
# through a file, since what an act leaves running would keep a pipe open.
mkdir -p "$2"
while read -r name where; do
	[ "$where" = "$1" ] || continue
	mkdir "$2/$name"
	timeout 30 /actors/actor event "$name" "$2/$name" >/tmp/truth 2>/tmp/acts.err </dev/null
	status=$?
	truth=
	read -r truth </tmp/truth
	echo "$name $status ${truth:-{\}}"
	[ -s /tmp/acts.err ] && sed "s/^/$name: /" /tmp/acts.err >&2
done </actors/events
