# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=bash
#
# Packages of other suites and of another architecture, unpacked in $VM. They come through an apt
# state of our own, so that the machine's stays as it is; what is there is not fetched again. Sourced;
# VM is the folder.

# The archive: the machine's own mirrors, as its apt knows them.
archive_uri() { # archive_uri SUITE
	local uris
	uris=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u)
	case $1 in
	*-security) grep -m1 -- '-security/*$' <<<"$uris" ;;
	*) grep -m1 -v -- '-security/*$' <<<"$uris" ;;
	esac
}

# apt_state ARCH SUITE...: an apt for that architecture; its configuration is $VM/apt-ARCH/apt.conf.
apt_state() {
	local arch=$1 dir=$VM/apt-$1 uri s
	shift
	[[ -e $dir/updated ]] && [[ $(cat "$dir/updated") == "$*" ]] && return
	mkdir -p "$dir"/{lists/partial,cache/archives/partial}
	: >"$dir/status"
	for s; do
		uri=$(archive_uri "$s") || { echo "no mirror for $s" >>"$dir/log"; return 1; }
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $s main"
	done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-CONF
		APT::Architecture "$arch";
		APT::Architectures "$arch";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
	CONF
	APT_CONFIG=$dir/apt.conf apt-get -qq update >>"$dir/log" 2>&1 && echo "$*" >"$dir/updated"
}

# unpack ARCH DIR PACKAGE...: into $VM/DIR.
unpack() {
	local conf=$VM/apt-$1/apt.conf log=$VM/apt-$1/log dir=$VM/$2
	shift 2
	mkdir -p "$dir/debs" && (
		cd "$dir/debs" && APT_CONFIG=$conf apt-get -qq download "$@" >>"$log" 2>&1 &&
			for deb in ./*.deb; do dpkg-deb -x "$deb" .. || exit; done
	) && rm -rf "$dir/debs"
}

# depends ARCH PACKAGE PATTERN: names among its dependencies.
depends() {
	APT_CONFIG=$VM/apt-$1/apt.conf apt-cache depends "$2" |
		awk -v want="$3" '$1 ~ /Depends:/ && $2 ~ want { print $2 }' | sort -u
}

# kernel ARCH SUITE: the suite's newest cloud kernel in $VM/kernel-ARCH-SUITE, ready to boot in its
# folder boot-it. Since 7 its package is empty and names those that hold the image and the modules.
kernel() {
	local dir=kernel-$1-$2 image
	[[ -e $VM/$dir/done ]] && return
	image=$(depends "$1" "linux-image-cloud-$1/$2" '^linux-image-[0-9]' | tail -n 1)
	[[ $image ]] || return
	# shellcheck disable=SC2046  # one word per package
	unpack "$1" "$dir" "$image" $(depends "$1" "$image" '^linux-(binary|modules|base)-[0-9]') &&
		"$PY" "$HERE/kernel.py" "$VM/$dir" "$VM/$dir/boot-it" overlay && : >"$VM/$dir/done"
}
