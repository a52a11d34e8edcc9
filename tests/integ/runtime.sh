# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=bash
#
# What a container of $RUNTIME (runc, crun) must look like, started before hullwatch and after it.
# Sourced by test_runc and test_crun.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_root
need_cmd "$RUNTIME" busybox python3
need_hullwatch

FIELDS="%container.id %container.name %container.privileged %container.mounts %container.user"
FIELDS="$FIELDS %user.name %user.uid %thread.cap_effective %container.image.repository"
{
	rule "Program in container" \
		"evt.type in (execve, execveat) and evt.rawres = 0 and container.id != host" \
		"%proc.cmdline $FIELDS"
	rule "File in container" \
		"evt.type in (open, openat, openat2) and container.id != host
		and fd.name startswith /etc/passwd" "%fd.name $FIELDS"
} >"$WORK/rules.yaml"

extra=()
[[ $RUNTIME == crun ]] && extra=(--no-device-rules)
early=early-$$ late=late-$$ free=free-$$ guest=guest-$$ here=here-$$

# --- there before hullwatch: a shell that waits for a word, and then runs a program ---
bundle "$early" "${extra[@]}" --uid 1042 --gid 1042 --env SECRET=swordfish \
	--mount "$WORK/image:/host/image:ro" -- \
	/bin/sh -c 'read word </tmp/word; /bin/cat /etc/passwd; exec sleep 1000' ||
	bail "no bundle"
mkfifo "$WORK/overlay/$early/root/tmp/word"
chmod 666 "$WORK/overlay/$early/root/tmp/word"
ctr_start "$RUNTIME" "$early" || { diag <"$WORK/$early.out"; bail "$RUNTIME cannot start it"; }

hw_start feed --json -r "$WORK/rules.yaml" --events=proc,cgroup -o scope=containers
feed=$WORK/feed.json
is_early=(kind=alert "container.full_id=$early")
echo go >"$WORK/overlay/$early/root/tmp/word"

want "a container that was there: a program started now is known with its container" \
	"$feed" "${is_early[@]}" "rule=Program in container" process.name=cat \
	"container.name=$early" "container.runtime=$RUNTIME" "container.id=${early:0:12}"
want "... its parent, a shell started before hullwatch, is known with its arguments" \
	"$feed" "${is_early[@]}" process.name=cat "process.ancestors.0.name=sh" \
	"process.ancestors.0.cmdline~read word"
want "... its user has the name that the container's own passwd gives it" \
	"$feed" "${is_early[@]}" process.name=cat user.uid=1042 user.name=keel \
	"output_fields/user.name=keel"
want "... it is not privileged, and that is known" \
	"$feed" "${is_early[@]}" process.name=cat container.privileged=false \
	"output_fields/container.privileged=false"
want "... its mounts are known" \
	"$feed" "${is_early[@]}" process.name=cat "output_fields/container.mounts~/host/image"
never "... nothing of its environment but names is told" "$feed" "container~swordfish"
want "... it is told as known from the start" \
	"$feed" kind=lifecycle "container.full_id=$early"

# --- started while hullwatch watches ---
bundle "$late" "${extra[@]}" --uid 1042 --gid 1042 --hostname lobster \
	--mount "$WORK/image:/host/image:ro" -- /bin/sh -c '/bin/cat /etc/passwd; exec sleep 1000'
check "a container is started" ctr_start "$RUNTIME" "$late"
is_late=(kind=alert "container.full_id=$late")
want "its first program is known with its container" \
	"$feed" "${is_late[@]}" "rule=Program in container" process.name=sh process.entry=init \
	"container.name=$late" "container.runtime=$RUNTIME" process.vpid=1 container.why!?
want "... and a child of it with its ancestors and its user's name" \
	"$feed" "${is_late[@]}" process.name=cat "process.ancestors.0.name=sh" user.name=keel
want "... and a file that it opens" \
	"$feed" "${is_late[@]}" "rule=File in container" "output~/etc/passwd" process.name=cat
want "... its mounts and that it is not privileged" \
	"$feed" "${is_late[@]}" process.name=cat container.privileged=false \
	"output_fields/container.mounts~$WORK/image:/host/image"
want "... a program without capabilities has none" \
	"$feed" "${is_late[@]}" process.name=cat "output_fields/thread.cap_effective!~CAP_"

check "a command enters it from outside" "$RUNTIME" exec --user 0:0 "$late" /bin/id
want "... and is known as one that entered" \
	"$feed" "${is_late[@]}" process.name=id process.entry=exec user.name=root \
	"output_fields/thread.cap_effective~CAP_CHOWN" "container.name=$late"
want "... with the runtime among its ancestors" \
	"$feed" "${is_late[@]}" process.name=id "process.ancestors.*.exepath~$RUNTIME"

# The bundle is the current directory, and no option says so.
bundle "$here" "${extra[@]}" -- /bin/true
on_exit ctr_delete "$RUNTIME" "$here"
(cd "$WORK/bundle/$here" && "$RUNTIME" run "$here") >"$WORK/$here.out" 2>&1 </dev/null
want "a container whose bundle is the current directory is as complete" \
	"$feed" kind=alert "container.full_id=$here" process.entry=init container.privileged=false

# Privileged is one that has every capability there is. Where root itself lacks one, no container
# can have it: then the runtime's own word for it stands in.
said=()
(((0x$(awk '/^CapBnd/ { print $2 }' /proc/self/status) >> 24) & 1)) ||
	said=(--annotation io.podman.annotations.privileged=TRUE)
bundle "$free" "${extra[@]}" --privileged "${said[@]}" -- /bin/true
check "a privileged container runs to its end" ctr_run "$RUNTIME" "$free"
want "... and is known as privileged" \
	"$feed" kind=alert "container.full_id=$free" container.privileged=true \
	process.entry=init "output_fields/thread.cap_effective~CAP_SYS_ADMIN"
want "... and its end is told" \
	"$feed" kind=lifecycle change=removed "container.full_id=$free"

bundle "$guest" "${extra[@]}" --share pid --share network --readonly -- /bin/true
check "a container in the host's pid and network namespaces runs" ctr_run "$RUNTIME" "$guest"
want "... and is known as such" \
	"$feed" kind=alert "container.full_id=$guest" process.entry=init \
	container.host_pid=true container.host_net=true

check "every line is clean JSON" alerts valid "$feed"
for c in "$early" "$late" "$free" "$guest" "$here"; do
	never "no event of ${c%-*} without its container's name" "$feed" "container.full_id=$c" \
		container.name!?
done
check "hullwatch ends well" hw_stop
done_testing
