// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * merge PATH AHEAD COUNT: writes 4 KiB to each of AHEAD places that do not touch, to fill a device
 * that makes no progress, and then, further on, COUNT times to a first place, a third one and the
 * one between, where a scheduler that holds them makes one request of three. Each has a call of its
 * own, so that none meets another before the scheduler. Says `waiting` when all are with the
 * kernel, and `done N` when all are written.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES 4096
#define APART (16 * BYTES)

static aio_context_t context;
static char *buffer;
static int fd;
static long submitted;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void submit(off_t offset)
{
	struct iocb one = {
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = fd,
		.aio_buf = (__u64)buffer,
		.aio_nbytes = BYTES,
		.aio_offset = offset,
	};
	struct iocb *all[] = {&one};

	if (syscall(SYS_io_submit, context, 1, all) != 1)
		fail("io_submit");
	submitted++;
}

int main(int argc, char **argv)
{
	struct io_event event;
	long ahead, count;

	if (argc < 4)
		return 2;
	ahead = atol(argv[2]);
	count = atol(argv[3]);
	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (fd < 0)
		fail(argv[1]);
	if (posix_memalign((void **)&buffer, BYTES, BYTES))
		fail("posix_memalign");
	memset(buffer, 7, BYTES);
	if (syscall(SYS_io_setup, ahead + 3 * count, &context))
		fail("io_setup");
	for (long i = 0; i < ahead; i++)
		submit(i * APART);
	for (long i = ahead; i < ahead + count; i++) {
		submit(i * APART);
		submit(i * APART + 2 * BYTES);
		submit(i * APART + BYTES);
	}
	printf("waiting\n");
	fflush(stdout);
	for (long i = 0; i < submitted; i++) {
		if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
			fail("io_getevents");
		if (event.res != BYTES) {
			fprintf(stderr, "a write ended with %lld\n", (long long)event.res);
			return 1;
		}
	}
	printf("done %ld\n", submitted);
	return 0;
}
