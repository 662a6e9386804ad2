// SPDX-License-Identifier: Apache-2.0
/*
 * Process 1 of a guest: mounts what a Linux system has mounted, and then runs what
 * the other end of a serial port asks for.
 */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"
#include "port.h"

static void mount_at(const char *source, const char *target, const char *type)
{
	mkdir(target, 0755);
	if (mount(source, target, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "agent: %s: %s\n", target, strerror(errno));
}

static void set_up(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	struct rlimit files = {65536, 65536};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	mount_at("proc", "/proc", "proc");
	mount_at("sys", "/sys", "sysfs");
	mount_at("dev", "/dev", "devtmpfs");
	mount_at("pts", "/dev/pts", "devpts");
	mount_at("shm", "/dev/shm", "tmpfs");
	mount_at("run", "/run", "tmpfs");
	mount_at("tracefs", "/sys/kernel/tracing", "tracefs");
	mount_at("debugfs", "/sys/kernel/debug", "debugfs");
	mount_at("securityfs", "/sys/kernel/security", "securityfs");
	mount_at("bpf", "/sys/fs/bpf", "bpf");
	mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2");
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &loopback))
		fprintf(stderr, "agent: lo: %s\n", strerror(errno));
	close(sock);
	setrlimit(RLIMIT_NOFILE, &files);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
}

static void serve(void)
{
	static char body[MAX_BODY];
	struct header header;
	int32_t number;

	listen_to_port(&header, body);
	switch ((enum request)header.kind) {
	case START:
		start_child(header.id, body, header.length);
		break;
	case INPUT:
		feed_child(header.id, body, header.length);
		break;
	case SIGNAL:
		memcpy(&number, body, sizeof(number));
		signal_child(header.id, number);
		break;
	case RESET:
		end_everything();
		say(READY, header.id, body, header.length);
		break;
	}
}

int main(void)
{
	struct pollfd watched[2 + POLLED * MAX_CHILDREN];
	struct signalfd_siginfo info;
	int port, signals;
	sigset_t ended;

	set_up();
	port = open_port();
	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ended, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
	say(READY, 0, NULL, 0);

	for (;;) {
		watched[0] = (struct pollfd){port, POLLIN, 0};
		watched[1] = (struct pollfd){signals, POLLIN, 0};
		watch_children(watched + 2);
		if (poll(watched, sizeof(watched) / sizeof(*watched), -1) < 0)
			continue;
		if (watched[1].revents && read(signals, &info, sizeof(info)) > 0)
			reap();
		serve_children(watched + 2);
		if (watched[0].revents)
			serve();
	}
}
