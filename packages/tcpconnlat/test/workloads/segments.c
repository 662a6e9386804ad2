// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * segments COUNT: sends so many segments of one byte each from one thread to another over loopback,
 * once a line came on standard input, and says how many the receiver's socket has counted and how
 * many nanoseconds of both threads' time each took: `segments N NS`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void *receive(void *given)
{
	int fd = (long)given;
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	return NULL;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);
	struct tcp_info info;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	int out = socket(AF_INET, SOCK_STREAM, 0), into;
	pthread_t receiver;

	check(bind(listener, (void *)&in, sizeof(in)), "bind");
	check(listen(listener, 1), "listen");
	check(getsockname(listener, (void *)&in, &length), "getsockname");
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	/* Without the pacing that makes few segments of many writes. */
	check(setsockopt(out, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "TCP_CONGESTION");
	check(connect(out, (void *)&in, sizeof(in)), "connect");
	into = accept(listener, NULL, NULL);
	check(into, "accept");
	check(setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
	if (pthread_create(&receiver, NULL, receive, (void *)(long)into))
		return 1;
	double start = cpu_ns();
	for (long i = 0; i < count; i++)
		check(write(out, "x", 1), "write");
	shutdown(out, SHUT_WR);
	pthread_join(receiver, NULL);
	double spent = cpu_ns() - start;

	length = sizeof(info);
	check(getsockopt(into, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
	printf("segments %u %.1f\n", info.tcpi_data_segs_in, spent / info.tcpi_data_segs_in);
	return 0;
}
