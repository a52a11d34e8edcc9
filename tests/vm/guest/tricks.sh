# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# tricks.sh LIST CONTAINER: the acts of /actors/LIST for that container, lines "CONTAINER WORD...";
# one line for each: status, those words and the truth, with tabs between. Runs in the container, and
# leaves the reading to cat (see each.sh).
set -f
tab=$(printf '\t')
newline='
'
IFS=$newline
for line in $(cat "/actors/$1"); do
	[ "${line%% *}" = "$2" ] || continue
	words=${line#* }
	IFS=' '
	# shellcheck disable=SC2086  # words
	timeout 120 /actors/actor $words >/tmp/truth 2>/tmp/tricks.err </dev/null
	status=$?
	truth=$(cat /tmp/truth)
	[ "$truth" ] || truth=$(cat /tmp/tricks.err)
	echo "$status$tab$line$tab${truth%%"$newline"*}"
done
