# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# each.sh WHERE FOLDER: the acts of /actors/events for that place, each with a new folder below FOLDER;
# one line "NAME STATUS TRUTH" for each. All of it is watched: few programs are started, and what is in
# files is read by cat, as the shell's read asks for each byte. Truths go through a file, since what an
# act leaves running would keep a pipe open.
set -f
newline='
'
mkdir -p "$2"
IFS=$newline
for line in $(cat /actors/events); do
	name=${line%% *}
	[ "${line#* }" = "$1" ] || continue
	mkdir "$2/$name"
	timeout 30 /actors/actor event "$name" "$2/$name" >/tmp/truth 2>/tmp/acts.err </dev/null
	status=$?
	truth=$(cat /tmp/truth)
	truth=${truth%%"$newline"*}
	echo "$name $status ${truth:-{\}}"
	[ -s /tmp/acts.err ] && sed "s/^/$name: /" /tmp/acts.err >&2
done
