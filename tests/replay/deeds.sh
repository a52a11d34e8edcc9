# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#
# The deeds that the shipped rules are tested with: for each line NAME of tests/replay/cases a function
# of that name ("_" for "-" and "."), and where the container needs other settings before_NAME.
# Sourced after tests/integ/lab.sh. They harm nothing: all files are the laboratory's, and what
# would touch the machine (a module, core_pattern) is refused by the kernel.

# deed_begin NAME: settings of NAME's container; its id follows from the name.
deed_begin()
{
	deed_fn=$(echo "$1" | tr -c 'a-z0-9\n' _)
	LAB_ID=$(printf %s "$1" | sha256sum | cut -c1-64)
	LAB_MOUNTS= LAB_ANNOTATIONS= LAB_ARGS= LAB_CAPS= LAB_MASK=1 LAB_DEVICES=false LAB_NNP=true
	if type "before_$deed_fn" >/dev/null 2>&1; then
		"before_$deed_fn"
	fi
}

# Starts the container, does the deed, and removes the container again.
deed_do()
{
	lab_start
	"$deed_fn"
	sleep 0.5
	lab_stop "$LAB_ID"
}

in_ctr() { lab_in "$@" >/dev/null 2>&1; }
actor() { lab_in /bin/actor "$@" >/dev/null 2>&1; }
on_host() { "$LAB/host/actor" "$@" >/dev/null 2>&1; }
bg_actor() { lab_bg "$LAB_RUNTIME" --root "$LAB/run" exec "$LAB_ID" /bin/actor "$@"; sleep 0.3; }

before_privileged_container_started_hit() { lab_privileged; }
privileged_container_started_hit() { :; } # the start is the deed
before_privileged_container_started_miss() { LAB_CAPS="[$LAB_ORDINARY_CAPS,\"CAP_SYS_ADMIN\"]"; }
privileged_container_started_miss() { :; }

bind() { echo ", {\"destination\": \"$2\", \"type\": \"bind\", \"source\": \"$1\",
		\"options\": [\"rbind\", \"ro\"]}"; }
before_container_started_with_a_sensitive_host_mount_hit() { LAB_MOUNTS=$(bind /etc /host); }
container_started_with_a_sensitive_host_mount_hit() { :; }
before_container_started_with_a_sensitive_host_mount_miss()
{
	mkdir -p "$LAB/host/etc"
	LAB_MOUNTS="$(bind /etc/hosts /etc/hosts)$(bind "$LAB/host/etc" /mnt)"
}
container_started_with_a_sensitive_host_mount_miss() { :; }

password_hash_file_read_hit()
{
	actor open-read /etc/shadow
	actor open-read ../etc/./shadow openat /etc
}
password_hash_file_read_miss()
{
	actor open-read /etc/passwd
	in_ctr /usr/bin/passwd open-read /etc/shadow
	on_host open-read "$LAB/image/etc/shadow"
}

ssh_private_key_read_hit() { actor open-read /root/.ssh/id_ed25519; }
ssh_private_key_read_miss()
{
	actor open-read /root/.ssh/id_ed25519.pub
	actor open-read /root/.ssh/known_hosts
	in_ctr /usr/bin/ssh-keygen open-read /root/.ssh/id_ed25519
}

tls_private_key_read_hit() { actor open-read /etc/ssl/private/server.key; }
tls_private_key_read_miss()
{
	actor open-read /etc/ssl/server.pem
	in_ctr /usr/bin/nginx open-read /etc/ssl/private/server.key
}

token=/run/secrets/kubernetes.io/serviceaccount/token
kubernetes_service_account_token_read_hit() { in_ctr /bin/cat /var$token; }
before_kubernetes_service_account_token_read_miss()
{
	LAB_ARGS="[\"/bin/sh\", \"-c\", \"read x <$token; exec sleep 600\"]"
}
kubernetes_service_account_token_read_miss()
{
	in_ctr /bin/cat "${token%token}namespace"
	actor open-write $token
}

cloud_or_cluster_credentials_read_hit() { in_ctr /bin/cat /root/.aws/credentials; }
cloud_or_cluster_credentials_read_miss()
{
	in_ctr /bin/cat /root/.aws/config
	in_ctr /usr/bin/aws open-read /root/.aws/credentials
}

program_run_from_memory_hit()
{
	actor memfd-exec payload
	actor memfd-exec runc_cloned:/proc/self/exe # not by this name
	on_host memfd-exec crun_cloned:/proc/self/exe
}
program_run_from_memory_miss()
{
	in_ctr /bin/true # runc runs itself from memory to get there
	on_host exec-from "$LAB/host" "memfd:runc_cloned:"
}

program_run_whose_file_was_deleted_hit() { actor deleted-exec /opt/app/payload; }
program_run_whose_file_was_deleted_miss()
{
	actor exec-from /opt/app payload # deleted, but after it was started
	on_host deleted-exec "$LAB/host/payload"
}

log_deleted_or_truncated_hit()
{
	actor unlink /var/log/auth.log
	actor truncate /var/log/app/app.log
}
log_deleted_or_truncated_miss()
{
	actor open-append /var/log/auth.log
	actor open-create /var/log/app/new.log
	actor unlink /var/lib/app/data
	in_ctr /usr/bin/logrotate unlink /var/log/app/app.log
	on_host creat "$LAB/host/app.log"
	on_host truncate "$LAB/host/app.log"
	on_host unlink "$LAB/host/app.log"
}

shell_history_deleted_or_truncated_hit()
{
	actor truncate /root/.bash_history
	actor unlink /root/.bash_history
	actor symlink /dev/null /root/.bash_history
}
shell_history_deleted_or_truncated_miss()
{
	actor open-append /root/.bash_history
	actor unlink /root/.profile
	actor unlink /root/.zsh_history # there is none
}

program_run_from_a_temporary_directory_hit()
{
	actor exec-from /dev/shm payload
	actor exec-from /tmp payload
}
program_run_from_a_temporary_directory_miss()
{
	actor exec-from /opt/app tmp
	on_host exec-from "$LAB/host" payload
}

program_not_in_the_image_run_in_a_container_hit() { actor exec-from /usr/local payload; }
program_not_in_the_image_run_in_a_container_miss()
{
	in_ctr /bin/true
	actor open-create /opt/app/payload
	actor exec-fail /opt/app/payload
	on_host exec-from "$LAB/host" payload
}

package_manager_run_in_a_container_hit() { in_ctr /usr/bin/apk add curl; }
package_manager_run_in_a_container_miss()
{
	in_ctr /usr/bin/apk manifest nginx
	in_ctr /bin/echo apk add curl
	on_host exec-as "$LAB/host" apk "$LAB/host/actor" noop
}

interactive_shell_in_a_container_hit() { lab_in_tty /bin/sh -c id >/dev/null; }
before_interactive_shell_in_a_container_miss() { LAB_ARGS='["/bin/sh", "-c", "sleep 600; :"]'; }
interactive_shell_in_a_container_miss()
{
	lab_in_tty /bin/id >/dev/null
	script -qec "/bin/sh -c true" /dev/null </dev/null >/dev/null
}

shell_run_in_a_container_from_outside_hit() { in_ctr /bin/sh -c id; }
before_shell_run_in_a_container_from_outside_miss()
{
	LAB_ARGS='["/bin/sh", "-c", "sh -c true; sleep 600; :"]'
}
shell_run_in_a_container_from_outside_miss()
{
	in_ctr /bin/id
	/bin/sh -c true
}

kernel_module_load_from_a_container_hit() { actor module-load; }
kernel_module_load_from_a_container_miss() { on_host module-load; }

kernel_escape_file_written_from_a_container_hit()
{
	actor open-write /proc/sys/kernel/core_pattern # read-only there: refused
	actor open-create /opt/app/release_agent
}
kernel_escape_file_written_from_a_container_miss()
{
	actor open-read /proc/sys/kernel/core_pattern
	actor open-create /opt/app/release_agents
	on_host open-create "$LAB/host/release_agent"
}

process_traced_by_another_hit()
{
	actor ptrace-attach
	actor ptrace-seize
}
process_traced_by_another_miss() { actor ptrace-traceme; }

socket_folder()
{
	mkdir -p "$LAB/host/sockets"
	rm -f "$LAB/host/sockets/"*
	LAB_MOUNTS=$(bind "$LAB/host/sockets" /var/sockets)
}
before_container_runtime_socket_reached_from_a_container_hit() { socket_folder; }
container_runtime_socket_reached_from_a_container_hit()
{
	lab_bg "$LAB/host/actor" listen-unix "$LAB/host/sockets/docker.sock"
	sleep 0.3
	actor connect-unix /var/sockets/docker.sock
}
before_container_runtime_socket_reached_from_a_container_miss() { socket_folder; }
container_runtime_socket_reached_from_a_container_miss()
{
	lab_bg "$LAB/host/actor" listen-unix "$LAB/host/sockets/docker.sock"
	lab_bg "$LAB/host/actor" listen-unix "$LAB/host/sockets/app.sock"
	sleep 0.3
	actor connect-unix /var/sockets/app.sock
	actor connect-unix /run/docker.sock # nobody there
	on_host connect-unix "$LAB/host/sockets/docker.sock"
}

cloud_metadata_service_contacted_from_a_container_hit()
{
	lab_address 169.254.169.254/32
	bg_actor listen 169.254.169.254 80
	actor connect 169.254.169.254 80
	actor sendto 169.254.169.254 53
	actor connect fd00:ec2::254 80 # no route there
}
cloud_metadata_service_contacted_from_a_container_miss()
{
	lab_address 169.254.169.253/32
	actor connect 169.254.169.253 80
	actor sendto 169.254.169.253 53
	unshare --net "$LAB/host/actor" connect 169.254.169.254 80 >/dev/null
}

standard_stream_connected_to_a_network_socket_hit()
{
	lab_address 127.0.0.2/32
	bg_actor listen 127.0.0.2 4444 2
	actor dup-socket 127.0.0.2 4444
	actor dup-socket 127.0.0.2 4444 dup3
}
standard_stream_connected_to_a_network_socket_miss()
{
	lab_address 127.0.0.2/32
	actor dup-unix
	actor dup-file /opt/app/data
	actor dup-listener 127.0.0.2 4445
	bg_actor listen 127.0.0.2 4444
	actor connect 127.0.0.2 4444
	lab_bg "$LAB/host/actor" listen 127.0.0.1 24444
	sleep 0.3
	on_host dup-socket 127.0.0.1 24444
}

network_tool_run_in_a_container_hit()
{
	in_ctr /usr/bin/tcpdump noop
	in_ctr /bin/nc 127.0.0.1 1
	in_ctr /bin/busybox telnet 127.0.0.1 1
}
network_tool_run_in_a_container_miss()
{
	in_ctr /bin/wget --help
	in_ctr /bin/cat /bin/nc
	in_ctr /bin/busybox ls nc
	on_host exec-as "$LAB/host" nc "$LAB/host/actor" noop
}

file_written_below_a_binary_directory_in_a_container_hit()
{
	actor open-create /usr/local/bin/payload
	actor rename /opt/app/data /usr/bin/data
}
file_written_below_a_binary_directory_in_a_container_miss()
{
	actor open-create /usr/local/binary
	actor open-read /usr/bin/dpkg
	in_ctr /usr/bin/dpkg open-create /usr/bin/tool # installing is a package manager's work
	on_host open-create "$LAB/image/usr/local/bin/tool"
}

account_or_start_up_file_written_in_a_container_hit()
{
	actor open-append /etc/sudoers
	actor symlink /opt/app/data /etc/cron.d/data
}
account_or_start_up_file_written_in_a_container_miss()
{
	actor open-read /etc/sudoers
	actor open-append /etc/app.conf
	on_host open-append "$LAB/image/etc/sudoers"
}

file_written_below_etc_in_a_container_hit() { actor open-append /etc/app.conf; }
file_written_below_etc_in_a_container_miss()
{
	actor open-read /etc/app.conf
	actor open-append /opt/app/data
	on_host open-append "$LAB/image/etc/app.conf"
}

# An ordinary service from start to end: an entry point that is a script edits the configuration and
# then becomes the server, which reads its key and writes its log.
before_ordinary_service_miss()
{
	LAB_ARGS='["/bin/sh", "-c", "apk manifest nginx >/dev/null 2>&1;
		sed -i s/use/good/ /etc/nginx/nginx.conf; nginx open-read /etc/ssl/private/server.key;
		nginx open-append /var/log/app/app.log; nginx open-create /var/lib/app/cache;
		nginx chdir /tmp; exec nginx noop 60000"]'
	LAB_ARGS=$(echo "$LAB_ARGS" | tr -d '\n\t')
}
ordinary_service_miss() { sleep 0.5; }
