# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# tricks.sh LIST CONTAINER: the acts of /actors/LIST for that container, lines "CONTAINER WORD...";
# one line for each: status, those words and the truth, with tabs between. Runs in the container.
set -f
tab=$(printf '\t')
while read -r where words; do
	[ "$where" = "$2" ] || continue
	# shellcheck disable=SC2086  # words
	timeout 120 /actors/actor $words >/tmp/truth 2>/tmp/tricks.err </dev/null
	status=$?
	truth=
	read -r truth </tmp/truth || read -r truth </tmp/tricks.err
	echo "$status$tab$where $words$tab$truth"
done <"/actors/$1"
