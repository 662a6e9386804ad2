// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * arrivals OP[,ARGUMENT...]...: a listener to which connections come in ways that are known, and
 * its clients, in one process. Each OP is one scene, with a listener of its own; scenes run one
 * after the other once a line came on standard input. Says for each scene `scene OP PORT`, and at
 * the end `done`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int protocol = IPPROTO_TCP;

static void check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void pause_ms(long ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static struct sockaddr_in server;

static int serve(const char *op, int backlog)
{
	socklen_t length = sizeof(server);
	int fd = socket(AF_INET, SOCK_STREAM, protocol), queue = 16;

	check(fd, "socket");
	server = (struct sockaddr_in){.sin_family = AF_INET};
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	check(bind(fd, (void *)&server, sizeof(server)), "bind");
	check(listen(fd, backlog), "listen");
	check(getsockname(fd, (void *)&server, &length), "getsockname");
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	printf("scene %s %d\n", op, ntohs(server.sin_port));
	fflush(stdout);
	return fd;
}

static int come(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);
	double start = now_ms();

	check(fd, "socket");
	check(connect(fd, (void *)&server, sizeof(server)), "connect");
	printf("connect %.3f\n", now_ms() - start);
	fflush(stdout);
	return fd;
}

static void take(int listener)
{
	int fd = accept(listener, NULL, NULL);

	check(fd, "accept");
	close(fd);
}

static void reset(int fd)
{
	struct linger at_once = {.l_onoff = 1};

	check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
	close(fd);
}

/* Until the server's side has had the reset, which a busy kernel delivers later. */
static void await_reset(void)
{
	enum {
		ESTABLISHED = 1
	};
	int is_open = 1;

	while (is_open) {
		FILE *table = fopen("/proc/net/tcp", "r");
		unsigned int port, state;
		char line[256];

		check(table ? 0 : -1, "/proc/net/tcp");
		is_open = 0;
		while (fgets(line, sizeof(line), table))
			is_open |= sscanf(line, "%*d: %*x:%x %*x:%*x %x", &port, &state) == 2 &&
				   port == ntohs(server.sin_port) && state == ESTABLISHED;
		fclose(table);
	}
}

/* COUNT MS: all come, and wait so long before the first is accepted. */
static void queue(long count, long ms)
{
	int listener = serve("queue", count - 1), fds[64];

	for (int i = 0; i < count; i++)
		fds[i] = come();
	pause_ms(ms);
	for (int i = 0; i < count; i++)
		take(listener);
	for (int i = 0; i < count; i++)
		close(fds[i]);
	close(listener);
}

static void run(const char *op, long first, long second)
{
	int listener, fd;

	if (!strcmp(op, "queue")) {
		queue(first, second);
	} else if (!strcmp(op, "reset")) {
		/* MS: the client gives up while it waits */
		listener = serve(op, 8);
		fd = come();
		pause_ms(first);
		reset(fd);
		await_reset();
		take(listener);
		close(listener);
	} else if (!strcmp(op, "half")) {
		/* and so does this one, politely */
		listener = serve(op, 8);
		close(come());
		pause_ms(first);
		take(listener);
		close(listener);
	} else if (!strcmp(op, "dropped")) {
		/* MS: the listener is closed */
		listener = serve(op, 8);
		fd = come();
		pause_ms(first);
		close(listener);
		close(fd);
	} else if (!strcmp(op, "mptcp")) {
		protocol = IPPROTO_MPTCP;
		listener = serve(op, 8);
		fd = come();
		pause_ms(first);
		take(listener);
		close(fd);
		close(listener);
		protocol = IPPROTO_TCP;
	} else if (!strcmp(op, "fastopen")) {
		/* the first one asks for a cookie */
		listener = serve(op, 8);
		for (int i = 0; i < 2; i++) {
			fd = socket(AF_INET, SOCK_STREAM, 0);
			check(sendto(fd, "x", 1, MSG_FASTOPEN, (void *)&server, sizeof(server)),
			      "sendto");
			pause_ms(first);
			take(listener);
			close(fd);
		}
		close(listener);
	} else if (!strcmp(op, "many")) {
		/* COUNT: one after the other */
		listener = serve(op, 8);
		for (int i = 0; i < first; i++) {
			fd = socket(AF_INET, SOCK_STREAM, 0);
			check(connect(fd, (void *)&server, sizeof(server)), "connect");
			take(listener);
			reset(fd);
		}
		close(listener);
	} else {
		fprintf(stderr, "no scene %s\n", op);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	/* There before the tool is. */
	int listener = serve("before", 8);

	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	int fd = come();
	take(listener);
	close(fd);
	close(listener);
	for (int i = 1; i < argc; i++) {
		char *op = strtok(argv[i], ","), *first = strtok(NULL, ","),
		     *second = strtok(NULL, ",");

		run(op, first ? atol(first) : 0, second ? atol(second) : 0);
	}
	printf("done\n");
	return 0;
}
