# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=bash
#
# The files of the emulated machines: one tree for each architecture, as an uncompressed cpio.
# Sourced by lib.sh.
#
#   /bin /lib            busybox, runc, hullwatch and their libraries
#   /image /bundle       the containers' root file system (lower layer) and their OCI bundles
#   /actors              the actors and what they shall do, mounted into the containers
#   /guest.sh /guest     what the machine does: guest.sh, then the suites that its command line names
#   /rules /all.yaml     the shipped rules, and one rule that wants every event

libraries() { ldd "$@" | awk '/=> \// { print $3 } /^\t\//{ print $1 }' | sort -u; }

pack() { (cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null); }

# One rule for all event types of the schema; it never matches.
every_event() {
	"$HW" events --json | "$PY" -c 'import json, sys
names = [e["name"] for e in json.load(sys.stdin)["events"] if e["class"] not in ("self", "fact")]
print("""- rule: Every event
  desc: wants every event of the schema and matches none
  condition: evt.type in (%s) and proc.name = "no such name"
  output: never
  priority: DEBUG""" % ", ".join(names))'
}

# What the actors can do, for each.sh and bundle.py: lines "NAME WHERE", or "--cap-add NAME".
acts() { # acts events|needs
	"$B/tests/actor" events | "$PY" -c 'import json, sys
events = json.load(sys.stdin)["events"]
if sys.argv[1] == "needs":
    for cap in sorted({c for e in events for c in e["needs"].split()} - {"host"}):
        print("--cap-add", cap.removeprefix("CAP_"))
else:
    for e in events:
        print(e["name"], "outside" if "host" in e["needs"].split() else "inside")' "$1"
}

# The containers: one that acts, the same with the host's process numbers, one that is left in peace.
# IPC_LOCK: before 5.11 hullwatch's maps count as root's locked memory, and io_uring's buffers as well.
bundles() { # bundles DIR
	local c share
	for c in vmctr vmctr-host quiet; do
		share=()
		[[ $c == *-host ]] && share=(--share pid)
		# shellcheck disable=SC2046  # words
		"$PY" "$TOP/tools/bundle.py" --dir "$1/bundle/$c" --rootfs "/tmp/$c/root" \
			--cgroup "/mon/$c" --mount /actors:/actors:ro --cap-add NET_ADMIN \
			--cap-add SYS_ADMIN --cap-add IPC_LOCK "${share[@]}" $(acts needs) -- /bin/sleep 100000 || return
	done
}

# What the tests of tests/integ do, for acts.sh. LOADER: see played.py.
tricks() { # tricks DIR LOADER
	local t=$TOP/tests/integ list
	for list in evasion uring; do
		[[ ! -e $t/$list.py ]] || "$PY" "$HERE/played.py" $list "$2" >"$1/actors/$list" || return
	done
}

tree() { # tree DIR: what all architectures have
	local r=$1
	mkdir -p "$r"/{bin,etc,proc,sys,dev,tmp,run,root,rules,lib,lib64,bundle,nr,actors,out,guest}
	mkdir -p "$r"/image/{bin,etc,proc,sys,dev,tmp,root,actors,work,lib,lib64,usr/bin}
	cp "$TOP"/rules/*.yaml "$r/rules/"
	every_event >"$r/all.yaml" || return
	printf 'root:x:0:0:root:/root:/bin/sh\nkeel:x:1042:1042::/root:/bin/sh\n' >"$r/etc/passwd"
	printf 'root:x:0:\nkeel:x:1042:\n' >"$r/etc/group"
	echo 'root:*:19000:0:99999:7:::' >"$r/etc/shadow"
	echo vm >"$r/etc/hostname"
	cp "$r"/etc/* "$r/image/etc/"
	cp "$HERE"/guest.sh "$r/"
	cp "$HERE"/guest/*.sh "$r/guest/"
	mv "$r"/guest/{each,tricks}.sh "$r/actors/"
	acts events >"$r/actors/events" || return
	bundles "$r" || return
	# runc needs a root that can be pivoted away from.
	cat >"$r/init" <<-'SH'
		#!/bin/busybox sh
		export PATH=/bin
		mount --bind / /nr && cd /nr && mount --move . /
		exec chroot . /bin/sh /guest.sh
	SH
	chmod 755 "$r/init"
}

# A program that needs the dynamic loader.
LOADER_x86_64=/lib64/ld-linux-x86-64.so.2
# shellcheck disable=SC2034  # make_root
LOADER_aarch64=/lib/ld-linux-aarch64.so.1
dynamic() { echo 'int main(void) { return 0; }' | $1 -x c -o "$2/image/bin/dynamic" -; }

applets() { # applets DIR: the links to DIR/bin/busybox
	local l
	for l in $(busybox --list); do [[ $l == busybox ]] || ln -sf busybox "$1/bin/$l"; done
}

root_x86_64() {
	local r=$1 l
	tricks "$r" "$LOADER_x86_64" && dynamic gcc "$r" || return
	libraries "$r/image/bin/dynamic" | while read -r l; do
		mkdir -p "$r/image${l%/*}" && cp -L "$l" "$r/image$l"
	done
	cp "$(command -v busybox)" "$r/bin/busybox"
	cp "$(command -v runc)" "$HW" "$r/bin/"
	libraries "$(command -v runc)" "$HW" | while read -r l; do
		if [[ $l == /lib64/* ]]; then cp -L "$l" "$r/lib64/"; else cp -L "$l" "$r/lib/"; fi
	done
	cp "$B/tests/actor" "$r/actors/actor"
	gcc -O2 -D_GNU_SOURCE -static -o "$r/actors/load" "$TOP/tests/bench/load.c" || return
	gcc -O1 -static -o "$r/bin/qexit" "$HERE/qexit.c" || return
	gcc -O1 -m32 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie \
		-o "$r/actors/actor32" "$HERE/actor32.c"
}

# --- arm64: built here by the cross compiler, from Debian's packages of that architecture ---
ARM_PACKAGES="busybox-static runc libc6 libseccomp2 libbpf-dev libbpf1 libelf-dev libelf1 zlib1g-dev
	zlib1g libcjson-dev libcjson1 libyaml-dev libyaml-0-2 libpcre2-dev libpcre2-8-0"

arm_sysroot() {
	[[ -e $VM/sysroot/done ]] && return
	rm -rf "$VM/sysroot"
	# shellcheck disable=SC2086  # words
	unpack arm64 sysroot $ARM_PACKAGES && : >"$VM/sysroot/done"
}

arm_build() {
	make -s -C "$TOP" B="$VM/arm64" ARCH=aarch64 CC="$ARM_CC" SYSROOT="$VM/sysroot" \
		"$VM/arm64/hullwatch" "$VM/arm64/tests/actor" >"$VM/arm64.log" 2>&1 ||
		{ diag <"$VM/arm64.log"; return 1; }
}

arm_library() { # arm_library DIR FILE...: copies what these need, and what that needs
	local dir=$1 l found
	shift
	readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u | while read -r l; do
		[[ -e $dir/$l ]] && continue
		found=$(find "$VM"/sysroot/{lib,usr/lib} -name "$l" | head -n 1)
		[[ $found ]] || { echo "# no $l for arm64"; return 1; }
		cp -L "$found" "$dir/" && arm_library "$dir" "$found" || return
	done
}

root_aarch64() {
	local r=$1 s=$VM/sysroot
	tricks "$r" "$LOADER_aarch64" && dynamic "$ARM_CC" "$r" &&
		arm_library "$r/image/lib" "$r/image/bin/dynamic" || return
	cp "$s/bin/busybox" "$s/usr/sbin/runc" "$VM/arm64/hullwatch" "$r/bin/" &&
		cp "$VM/arm64/tests/actor" "$r/actors/actor" &&
		$ARM_CC -O2 -D_GNU_SOURCE -static -o "$r/actors/load" "$TOP/tests/bench/load.c" &&
		arm_library "$r/lib" "$r/bin/runc" "$r/bin/hullwatch" &&
		$ARM_CC -O1 -static -o "$r/bin/qexit" "$HERE/qexit.c"
}

make_root() { # make_root ARCH: $VM/root-ARCH.cpio
	local r=$VM/root-$1
	rm -rf "$r"
	mkdir -p "$r"
	tree "$r" && "root_$1" "$r" && applets "$r" && cp -P "$r"/bin/busybox "$r/image/bin/" &&
		applets "$r/image" && pack "$r" >"$r.cpio"
}
