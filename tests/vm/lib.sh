# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=bash
#
# What the tests of tests/vm/ stand on: the table of machines, booting one, reading what it left, and
# judging it. Sourced by tests/vm/test_*; B names the build directory.
set -u
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
B=${B:-build}
[[ $B == /* ]] || B=$TOP/$B
HW=${HULLWATCH:-$B/hullwatch}
VM=$B/vm
PATH=$PATH:/usr/sbin:/sbin
# How many machines at a time, and how many seconds one may take.
VM_JOBS=${VM_JOBS:-2}
VM_SECONDS=${VM_SECONDS:-1500}
# The program itself: python3 may be a script that looks for one, slowly.
PY=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
ARM_CC=${ARM_CC:-aarch64-linux-gnu-gcc}
. "$HERE/fetch.sh"
. "$HERE/root.sh"

SUITES_X86="bullseye-security bookworm-security trixie-security trixie-backports sid"
SUITES_ARM="bookworm bookworm-security trixie-security"

skip_all() { echo "1..0 # SKIP $*"; exit 0; }
bail() { echo "Bail out! $*"; exit 1; }
diag() { sed 's/^/# /' | tail -n "${1:-40}"; }

need() { # need PROGRAM...
	local tool
	for tool; do command -v "$tool" >/dev/null || skip_all "$tool is not installed"; done
}

deb_arch() { case $1 in x86_64) echo amd64 ;; aarch64) echo arm64 ;; esac; }

# machines TEST: lines "TAG ARCH SUITE WORD..." of the table.
machines() {
	awk -v test="$1" '!/^#/ && $4 == test { $4 = ""; print }' "$HERE/machines"
}

# boot NAME ARCH SUITE ARGUMENT...: boots that kernel with the files of make_root and these words on
# its command line. What it leaves is in $VM/out/NAME: its console, and what the guest wrote. Returns
# 0 when the guest came to its end.
boot() {
	local name=$1 arch=$2 kernel out=$VM/out/$1 status start=$SECONDS machine
	kernel=$VM/kernel-$(deb_arch "$2")-$3
	shift 3
	rm -rf "$out"
	mkdir -p "$out"
	truncate -s 1G "$out/disk"
	{ cat "$VM/root-$arch.cpio"; pack "$kernel/boot-it"; } >"$out/initrd"
	case $arch in
	x86_64) machine="qemu-system-x86_64 -M q35 -cpu max
		-device isa-debug-exit,iobase=0xf4,iosize=0x04 -append console=ttyS0" ;;
	aarch64) machine="qemu-system-aarch64 -M virt -cpu cortex-a72
		-semihosting-config enable=on,userspace=on -append console=ttyAMA0" ;;
	esac
	# thread=single: QEMU 7 loses the kernel's patching of its own code between virtual CPUs.
	# shellcheck disable=SC2086  # words
	timeout "$((VM_SECONDS + 60))" ${machine%-append*} -accel tcg,thread=single -smp 2 -m 1536 \
		-nodefaults -display none -serial "file:$out/console" -no-reboot \
		-drive "file=$out/disk,if=none,id=out,format=raw,cache=unsafe" \
		-device nvme,serial=out,drive=out \
		-kernel "$kernel/boot-it/image" -initrd "$out/initrd" \
		-append "${machine##*-append } quiet panic=-1 oops=panic seconds=$VM_SECONDS $*" \
		</dev/null >"$out/qemu" 2>&1
	status=$?
	rm -f "$out/initrd"
	tar -xf "$out/disk" -C "$out" 2>>"$out/qemu" || rm -f "$out/end"
	rm -f "$out/disk"
	echo "$((SECONDS - start))" >"$out/seconds"
	echo "$status" >"$out/status"
	[[ -e $out/end ]]
}

# boot_all TEST WORD...: boots the machines of that test, at most VM_JOBS at a time, each with these
# words on its command line beside its own. One whose kernel cannot be had leaves a reason.
boot_all() {
	local test=$1 tag arch suite words running=0
	shift
	while read -r tag arch suite words; do
		rm -rf "$VM/out/$tag"
		if ! kernel "$(deb_arch "$arch")" "$suite"; then
			mkdir -p "$VM/out/$tag"
			echo "its kernel cannot be fetched: see $VM/apt-$(deb_arch "$arch")/log" \
				>"$VM/out/$tag/absent"
			continue
		fi
		((running < VM_JOBS)) || { wait -n; running=$((running - 1)); }
		# shellcheck disable=SC2086  # words
		boot "$tag" "$arch" "$suite" $words "$@" &
		running=$((running + 1))
	done < <(machines "$test")
	wait
}

# boot_and_judge TEST SUITE...: the test's machines run these suites (guest/SUITE.sh), and are judged.
boot_and_judge() {
	local test=$1 tag next=1 failed=0 suites rest
	shift
	suites=$*
	boot_all "$test" "suites=${suites// /,}" 
	while read -r tag rest; do
		"$PY" "$HERE/judge.py" "$B" "$tag" "$next" "$@" >"$VM/out/$tag/tap" || failed=1
		cat "$VM/out/$tag/tap"
		next=$(sed -n 's/^# next //p' "$VM/out/$tag/tap")
		[[ $next ]] || bail "judge.py fails on $tag"
	done < <(machines "$test")
	echo "1..$((next - 1))"
	exit $failed
}
