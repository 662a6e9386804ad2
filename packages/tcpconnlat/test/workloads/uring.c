// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * uring: once a line came on standard input, a connect through io_uring for which there is no
 * route, and then a connection over loopback that is accepted through io_uring, and closed 50 ms
 * later. Says `done` when the accepted socket is gone.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void *map(int ring, size_t bytes, off_t what)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);

	if (at == MAP_FAILED)
		check(-1, "mmap");
	return at;
}

/* Submits one request and waits for what it gives. */
static int submit(const struct io_uring_sqe *request)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 1, &params);

	check(ring, "io_uring_setup");
	char *sq = map(ring, params.sq_off.array + params.sq_entries * sizeof(unsigned),
		       IORING_OFF_SQ_RING);
	char *cq = map(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqes = map(ring, params.sq_entries * sizeof(*sqes), IORING_OFF_SQES);
	struct io_uring_cqe *cqe = (void *)(cq + params.cq_off.cqes);

	sqes[0] = *request;
	((unsigned *)(sq + params.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0),
	      "io_uring_enter");
	int result = cqe->res;

	close(ring);
	return result;
}

/* Until no socket of this network namespace closes any more, but for one that waits its time. */
static void settle(void)
{
	char line[512];
	int state, closing;

	do {
		FILE *table = fopen("/proc/self/net/tcp", "r");

		closing = 0;
		while (table && fgets(line, sizeof(line), table))
			if (sscanf(line, "%*d: %*s %*s %x", &state) == 1)
				closing += state != 0x0a && state != 0x06;
		if (table)
			fclose(table);
		usleep(1000);
	} while (closing);
}

int main(void)
{
	struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = htons(443)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);
	int listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);

	check(bind(listener, (void *)&in, sizeof(in)), "bind");
	check(listen(listener, 1), "listen");
	check(getsockname(listener, (void *)&in, &length), "getsockname");
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	inet_pton(AF_INET, "10.6.0.1", &nowhere.sin_addr);
	struct io_uring_sqe no_route = {
		.opcode = IORING_OP_CONNECT,
		.fd = socket(AF_INET, SOCK_STREAM, 0),
		.addr = (unsigned long)&nowhere,
		.off = sizeof(nowhere),
	};
	if (submit(&no_route) != -ENETUNREACH) {
		fprintf(stderr, "connect: not refused\n");
		return 1;
	}
	check(connect(out, (void *)&in, sizeof(in)), "connect");
	struct io_uring_sqe request = {.opcode = IORING_OP_ACCEPT, .fd = listener};
	int into = submit(&request);

	if (into < 0) {
		fprintf(stderr, "accept: %s\n", strerror(-into));
		return 1;
	}
	usleep(50000);
	close(out);
	close(into);
	settle();
	printf("done\n");
	return 0;
}
