/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Ways to reach a file or an address under another name, or to have another one seen than the one
 * that was used. Each act succeeds at what it does and tells what that truly was.
 */
#include "evade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TREE_CLONE_ 1
#define RENAME_EXCHANGE_ 2
#define ROUNDS_MAX 2000

static const char *passed; /* the name that the last open was given */

int not_here(const char *act, const char *why)
{
	truth_begin(act);
	truth_str("why", why);
	truth_end();
	return 77;
}

static int open_as(int dirfd, const char *name)
{
	passed = name;
	return (int)syscall(SYS_openat, dirfd, name, O_RDONLY);
}

int open_secret(void)
{
	int fd = open_as(AT_FDCWD, SECRET);

	if (fd < 0)
		die(SECRET);
	return fd;
}

static void go(const char *dir)
{
	if (chdir(dir))
		die(dir);
}

/* --- one file, many names --- */

static int relative(void)
{
	go(SECRET_DIR);
	return open_as(AT_FDCWD, SECRET_NAME);
}

static int dots(void)
{
	return open_as(AT_FDCWD, "/tmp/../etc/./../etc//" SECRET_NAME);
}

static int dots_relative(void)
{
	go("/tmp");
	return open_as(AT_FDCWD, "../etc/../etc/" SECRET_NAME);
}

static int by_dirfd(void)
{
	return open_as(open(SECRET_DIR, O_PATH), SECRET_NAME);
}

static char text[256];

static int proc_fd(void)
{
	snprintf(text, sizeof(text), "/proc/self/fd/%d", open(SECRET, O_PATH));
	return open_as(AT_FDCWD, text);
}

static int proc_fd_dir(void)
{
	snprintf(text, sizeof(text), "/proc/self/fd/%d/" SECRET_NAME, open(SECRET_DIR, O_PATH));
	return open_as(AT_FDCWD, text);
}

static int proc_root(void)
{
	return open_as(AT_FDCWD, "/proc/self/root" SECRET);
}

static int proc_pid_root(void)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		die("fork");
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(text, sizeof(text), "/proc/%d/root" SECRET, pid);
	fd = open_as(AT_FDCWD, text);
	kill(pid, SIGKILL);
	reap(pid);
	return fd;
}

static int proc_cwd(void)
{
	go(SECRET_DIR);
	return open_as(AT_FDCWD, "/proc/self/cwd/" SECRET_NAME);
}

static int by_link(const char *target, const char *link, const char *name)
{
	unlink(link);
	if (symlink(target, link))
		die(link);
	return open_as(AT_FDCWD, name);
}

static int symlink_file(void)
{
	return by_link(SECRET, "/tmp/evade-link", "/tmp/evade-link");
}

static int symlink_dir(void)
{
	return by_link("../etc", "/tmp/evade-dir", "/tmp/evade-dir/" SECRET_NAME);
}

/* Its mounts are seen by nobody else. */
static bool own_mounts(int more)
{
	if (unshare(CLONE_NEWNS | more))
		return false;
	return more || !mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void bind_mount(const char *what, const char *where)
{
	if (mount(what, where, NULL, MS_BIND, NULL))
		die(where);
}

static int bind_file(void)
{
	mknod("/tmp/evade-file", S_IFREG | 0600, 0);
	if (!own_mounts(0))
		return -1;
	bind_mount(SECRET, "/tmp/evade-file");
	return open_as(AT_FDCWD, "/tmp/evade-file");
}

static int bind_dir_in(int more)
{
	mkdir("/tmp/evade-bind", 0700);
	if (!own_mounts(more))
		return -1;
	bind_mount(SECRET_DIR, "/tmp/evade-bind");
	return open_as(AT_FDCWD, "/tmp/evade-bind/" SECRET_NAME);
}

static int bind_dir(void)
{
	return bind_dir_in(0);
}

static int bind_userns(void)
{
	return bind_dir_in(CLONE_NEWUSER);
}

/* A bind mount of a bind mount, and the first one gone from sight. */
static int bind_twice(void)
{
	mkdir("/tmp/evade-bind", 0700);
	mkdir("/tmp/evade-bind2", 0700);
	if (!own_mounts(0))
		return -1;
	bind_mount(SECRET_DIR, "/tmp/evade-bind");
	bind_mount("/tmp/evade-bind", "/tmp/evade-bind2");
	if (umount2("/tmp/evade-bind", MNT_DETACH))
		die("umount");
	return open_as(AT_FDCWD, "/tmp/evade-bind2/" SECRET_NAME);
}

static int in_chroot(void)
{
	if (chroot(SECRET_DIR) || chdir("/"))
		return -1;
	return open_as(AT_FDCWD, "/" SECRET_NAME);
}

static int bind_chroot(void)
{
	mkdir("/tmp/evade-bind", 0700);
	if (!own_mounts(0))
		return -1;
	bind_mount(SECRET_DIR, "/tmp/evade-bind");
	if (chroot("/tmp/evade-bind") || chdir("/"))
		die("chroot");
	return open_as(AT_FDCWD, "/" SECRET_NAME);
}

/* A mount that is attached nowhere. */
static int detached(void)
{
	int tree = (int)syscall(428 /* open_tree */, AT_FDCWD, SECRET_DIR,
				OPEN_TREE_CLONE_ | O_CLOEXEC);

	return tree < 0 ? -1 : open_as(tree, SECRET_NAME);
}

static int plain(void)
{
	return open_as(AT_FDCWD, SECRET);
}

static const struct {
	const char *name;
	int (*open)(void);
} names[] = {
	{"plain", plain}, {"relative", relative}, {"dots", dots}, {"dots-relative", dots_relative},
	{"dirfd", by_dirfd}, {"proc-fd", proc_fd}, {"proc-fd-dir", proc_fd_dir},
	{"proc-root", proc_root}, {"proc-pid-root", proc_pid_root}, {"proc-cwd", proc_cwd},
	{"symlink", symlink_file}, {"symlink-dir", symlink_dir}, {"bind-file", bind_file},
	{"bind-dir", bind_dir}, {"bind-userns", bind_userns}, {"bind-twice", bind_twice},
	{"chroot", in_chroot}, {"bind-chroot", bind_chroot}, {"detached", detached},
};

static void truth_file(const char *exe)
{
	struct stat st;

	if (stat(exe, &st))
		return; /* no /proc in there */
	truth_int("exe_ino", (long long)st.st_ino);
}

/* Opens the secret under another name. */
static int open_way(int argc, char **argv)
{
	struct stat st;
	int fd = -1;

	(void)argc;
	errno = ENOENT;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(argv[1], names[i].name))
			fd = names[i].open();
	if (fd < 0 && (errno == EPERM || errno == ENOSYS || errno == ENOSPC))
		return not_here(argv[0], strerror(errno));
	if (fd < 0 || fstat(fd, &st))
		die(argv[1]);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_str("name", passed);
	truth_int("ino", (long long)st.st_ino);
	truth_file("/proc/self/exe");
	return truth_end();
}

/* A second name by a hard link, and then opened by both. */
static int hard_link(int argc, char **argv)
{
	static const char name[] = "/tmp/evade-hard";
	struct stat st;
	long r;
	int fd;

	(void)argc;
	unlink(name);
	r = syscall(SYS_linkat, AT_FDCWD, SECRET, AT_FDCWD, name, 0);
	if (r)
		return not_here(argv[0], strerror(errno));
	fd = open_as(AT_FDCWD, name);
	if (fd < 0 || fstat(fd, &st))
		die(name);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_str("name", name);
	truth_int("ino", (long long)st.st_ino);
	truth_int("nlink", (long long)st.st_nlink);
	fd = open_secret();
	truth_int("secret_fd", fd);
	if (fstat(fd, &st))
		die(SECRET);
	truth_int("secret_ino", (long long)st.st_ino);
	return truth_end();
}

/* A file COUNT directories down, each with a name of LENGTH bytes: 00000yyy, 00001yyy, ... */
static int deep(int argc, char **argv)
{
	long len = number(argv[2], 5, 200, "length"), count = number(argv[1], 1, 10000, "count");
	char name[201];
	int fd;

	(void)argc;
	snprintf(text, sizeof(text), "/tmp/evade-%ld-%ld", count, len);
	mkdir(text, 0700);
	go(text);
	for (long i = 0; i < count; i++) {
		memset(name, 'y', sizeof(name));
		name[snprintf(name, sizeof(name), "%05ld", i)] = 'y';
		name[len] = '\0';
		/* A flood would cost this container its share of events. */
		if (i % 50 == 49)
			usleep(20000);
		if (mkdir(name, 0700) && errno != EEXIST)
			die(name);
		go(name);
	}
	passed = "evil";
	fd = (int)syscall(SYS_openat, AT_FDCWD, passed, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		die(passed);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_str("name", passed);
	truth_str("top", text);
	return truth_end();
}

/* --- what is changed between entry and use --- */

static void *flipping(void *of)
{
	struct flip *f = of;

	f->running = true;
	while (!f->stop) {
		memcpy(f->at, f->b, f->len);
		__sync_synchronize();
		for (volatile int i = 0; i < 40; i++)
			;
		memcpy(f->at, f->a, f->len);
		__sync_synchronize();
	}
	return NULL;
}

void flip_start(struct flip *f, char *at, const char *a, const char *b, size_t len)
{
	pthread_t t;

	*f = (struct flip){.at = at, .a = a, .b = b, .len = len};
	if (pthread_create(&t, NULL, flipping, f))
		die("thread");
	f->thread = (unsigned long)t;
	while (!f->running)
		usleep(10);
}

void flip_stop(struct flip *f)
{
	f->stop = true;
	pthread_join((pthread_t)f->thread, NULL);
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	if (stat(name, &st))
		die(name);
	return st.st_ino;
}

static char seq[ROUNDS_MAX + 1];

/* Opens name again and again: 's' for each time that it was the secret, 'h' for the harmless. */
static void open_rounds(const char *name, long rounds)
{
	const ino_t secret = inode_of(SECRET);
	struct stat st;
	int fd;

	for (long i = 0; i < rounds; i++) {
		usleep(i % 5 * 10); /* not in step with the other thread */
		fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
		if (fd < 0 || fstat(fd, &st)) { /* half one name, half the other */
			seq[i] = '-';
			continue;
		}
		seq[i] = st.st_ino == secret ? 's' : 'h';
		close(fd);
	}
}

static int truth_seq(const char *act)
{
	truth_begin(act);
	truth_str("seq", seq);
	return truth_end();
}

/* Another thread changes the name while it is being opened. */
static int flip_name(int argc, char **argv)
{
	static char name[] = SECRET;
	struct flip f;

	(void)argc;
	flip_start(&f, name, SECRET, HARMLESS, sizeof(name));
	open_rounds(name, number(argv[1], 1, ROUNDS_MAX, "rounds"));
	flip_stop(&f);
	return truth_seq(argv[0]);
}

static void *swapping(void *of)
{
	volatile bool *stop = of;

	while (!*stop) {
		if (syscall(SYS_renameat2, AT_FDCWD, "/tmp/evade-swap", AT_FDCWD,
			    "/tmp/evade-swap2", RENAME_EXCHANGE_))
			die("/tmp/evade-swap");
		usleep(30);
	}
	return NULL;
}

/* Another thread exchanges the symbolic link that is being opened. */
static int swap_link(int argc, char **argv)
{
	volatile bool stop = false;
	pthread_t t;

	(void)argc;
	unlink("/tmp/evade-swap");
	unlink("/tmp/evade-swap2");
	if (symlink(SECRET, "/tmp/evade-swap") || symlink(HARMLESS, "/tmp/evade-swap2") ||
	    pthread_create(&t, NULL, swapping, (void *)&stop))
		die("/tmp/evade-swap");
	open_rounds("/tmp/evade-swap", number(argv[1], 1, ROUNDS_MAX, "rounds"));
	stop = true;
	pthread_join(t, NULL);
	return truth_seq(argv[0]);
}

static int listener(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*a = (struct sockaddr_in){.sin_family = AF_INET};
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)a, sizeof(*a)) || listen(fd, ROUNDS_MAX) ||
	    getsockname(fd, (struct sockaddr *)a, &len))
		die("listen");
	return fd;
}

/* Another thread changes the address while it is being connected to. */
static int flip_connect(int argc, char **argv)
{
	long rounds = number(argv[1], 1, ROUNDS_MAX, "rounds");
	struct sockaddr_in a, b, to, peer;
	struct flip f;

	(void)argc;
	listener(&a);
	listener(&b);
	to = a;
	flip_start(&f, (char *)&to.sin_port, (char *)&a.sin_port, (char *)&b.sin_port,
		   sizeof(to.sin_port));
	for (long i = 0; i < rounds; i++) {
		socklen_t len = sizeof(peer);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		usleep(i % 5 * 10);
		if (fd < 0 || syscall(SYS_connect, fd, &to, sizeof(to)) ||
		    getpeername(fd, (struct sockaddr *)&peer, &len))
			die("connect");
		seq[i] = peer.sin_port == a.sin_port ? 'a' : 'b';
		close(fd);
	}
	flip_stop(&f);
	truth_begin(argv[0]);
	truth_str("seq", seq);
	truth_int("a", ntohs(a.sin_port));
	truth_int("b", ntohs(b.sin_port));
	return truth_end();
}

/* A name that another thread changes is removed: one of two files is gone, told which. */
static int flip_unlink(int argc, char **argv)
{
	static const char a[] = "/tmp/evade-gone-a", b[] = "/tmp/evade-gone-b";
	static char name[sizeof(a)];
	struct flip f;
	struct stat st;
	long r;

	(void)argc;
	close(open(a, O_WRONLY | O_CREAT, 0600));
	close(open(b, O_WRONLY | O_CREAT, 0600));
	memcpy(name, a, sizeof(a));
	flip_start(&f, name, a, b, sizeof(a));
	r = syscall(SYS_unlinkat, AT_FDCWD, name, 0);
	flip_stop(&f);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("gone", stat(a, &st) ? a : b);
	return truth_end();
}

/* --- other ways into the kernel --- */

#if defined(__x86_64__)
#include <setjmp.h>
#include <sys/mman.h>

#define X32 0x40000000

static sigjmp_buf no_gate;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(no_gate, 1);
}

/* A kernel that was told to do without has no gate there: the instruction faults. */
static long int80(long nr, const void *a, const void *b, long c)
{
	long r;

	signal(SIGSEGV, on_fault);
	if (sigsetjmp(no_gate, 1)) {
		errno = ENOSYS;
		return -1;
	}
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	if (r < 0 && r > -4096) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

/* Memory that 32 bits can name. */
static char *low_memory(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		die("memory below 4 GiB");
	return p;
}

static int int80_open(int argc, char **argv)
{
	char *name = strcpy(low_memory(), SECRET);
	long fd = int80(5, name, (void *)O_RDONLY, 0);

	(void)argc;
	if (fd < 0 && errno == ENOSYS)
		return not_here(argv[0], "this kernel has no 32-bit system calls");
	truth_begin(argv[0]);
	truth_res("fd", fd);
	truth_str("name", name);
	return truth_end();
}

static int int80_connect(int argc, char **argv)
{
	char *low = low_memory();
	struct sockaddr_in *to = (void *)low;
	unsigned *args = (void *)(low + 64);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long r;

	(void)argc;
	listener(to);
	args[0] = (unsigned)fd;
	args[1] = (unsigned)(unsigned long)to;
	args[2] = sizeof(*to);
	r = int80(102, (void *)3, args, 0);
	if (r < 0 && errno == ENOSYS)
		return not_here(argv[0], "this kernel has no 32-bit system calls");
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("fd", fd);
	truth_int("port", ntohs(to->sin_port));
	return truth_end();
}

/* PATH ACT [ARGUMENT]...: becomes a copy of itself at PATH. */
static int int80_exec(int argc, char **argv)
{
	char *low = low_memory(), *at = low + 256;
	unsigned *ptr = (void *)low;

	for (int i = 1; i < argc; i++) {
		ptr[i - 1] = (unsigned)(unsigned long)at;
		at = stpcpy(at, argv[i]) + 1;
	}
	ptr[argc - 1] = 0;
	int80(11, (void *)(unsigned long)ptr[0], ptr, (long)(ptr + argc - 1));
	if (errno == ENOSYS)
		return not_here(argv[0], "this kernel has no 32-bit system calls");
	die(argv[1]);
}

static int x32_open(int argc, char **argv)
{
	long fd = syscall(X32 | SYS_openat, AT_FDCWD, SECRET, O_RDONLY);

	(void)argc;
	if (fd < 0 && errno == ENOSYS)
		return not_here(argv[0], "this kernel has no x32 system calls");
	truth_begin(argv[0]);
	truth_res("fd", fd);
	truth_str("name", SECRET);
	return truth_end();
}
#else
static int int80_open(int argc, char **argv)
{
	(void)argc;
	return not_here(argv[0], "x86 alone has this way");
}
#define int80_connect int80_open
#define int80_exec int80_open
#define x32_open int80_open
#endif

const struct act evade_acts[] = {
	{"evade-open", "WAY", 1, open_way, "the secret, under another name"},
	{"evade-link", "", 0, hard_link, "a second name for the secret"},
	{"evade-deep", "COUNT LENGTH", 2, deep, "a file many directories down"},
	{"evade-flip-name", "ROUNDS", 1, flip_name, "a name that changes while it is opened"},
	{"evade-swap-link", "ROUNDS", 1, swap_link, "a link that changes while it is opened"},
	{"evade-flip-connect", "ROUNDS", 1, flip_connect, "an address that changes"},
	{"evade-flip-unlink", "", 0, flip_unlink, "a name that changes while it is removed"},
	{"evade-int80-open", "", 0, int80_open, "by a 32-bit system call"},
	{"evade-int80-connect", "", 0, int80_connect, "by a 32-bit socketcall"},
	{"evade-int80-exec", "PATH [ARGUMENT]...", 1, int80_exec, "by a 32-bit system call"},
	{"evade-x32-open", "", 0, x32_open, "by an x32 system call"},
	{0},
};
