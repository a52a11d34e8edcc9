/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Parse, run, tear down. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "cli.h"
#include "cmd.h"

static int say_help(const struct cli_command *cmd)
{
	struct buf text = BUF_INIT;
	int ret;

	cli_help(cmd, &text);
	ret = cmd_print(&text);
	buf_done(&text);
	return ret;
}

/* A file that we open must never become stdout or stderr because we were started without one.
 * The one of stdout cannot be written, so that its absence is told. */
static bool hold_descriptors(void)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct buf err = BUF_INIT;
	struct cli c;
	int ret;

	/* A reader that goes away is a failed write, not the end of watching. */
	signal(SIGPIPE, SIG_IGN);
	if (!hold_descriptors())
		return EXIT_NO;
	if (cli_parse(argc, argv, &c, &err)) {
		log_error("%s", buf_str(&err));
		log_info("hullwatch %s%s--help says what is possible",
			 c.command ? c.command->name : "", c.command ? " " : "");
		ret = EXIT_USAGE;
	} else if (c.help) {
		ret = say_help(c.command);
	} else {
		ret = c.command->run(&c);
	}
	cli_done(&c);
	buf_done(&err);
	return ret;
}
