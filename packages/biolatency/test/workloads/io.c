// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * io PATH OP BYTES COUNT THREADS [direct|sync|buffered]: each thread makes COUNT operations of
 * BYTES, one after the other, in a part of PATH of its own. OP: read, write, discard, fsync. Waits
 * for a line on standard input before it begins, and says what it did: `done N`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *path, *op;
static long bytes, count, threads;
static int flags = O_DIRECT;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void one(int fd, char *buffer, off_t offset)
{
	unsigned long long range[2] = {offset, bytes};

	if (!strcmp(op, "read")) {
		if (pread(fd, buffer, bytes, offset) != bytes)
			fail("pread");
	} else if (!strcmp(op, "write")) {
		if (pwrite(fd, buffer, bytes, offset) != bytes)
			fail("pwrite");
	} else if (!strcmp(op, "discard")) {
		if (ioctl(fd, BLKDISCARD, range))
			fail("BLKDISCARD");
	} else if (fsync(fd)) {
		fail("fsync");
	}
}

static void *run(void *number)
{
	int fd = open(path, O_RDWR | flags);
	char *buffer = NULL;

	if (fd < 0)
		fail(path);
	if (posix_memalign((void **)&buffer, 4096, bytes < 4096 ? 4096 : bytes))
		fail("posix_memalign");
	memset(buffer, 7, bytes);
	for (long i = 0; i < count; i++)
		one(fd, buffer, ((long)number * count + i) * bytes % (64L << 20));
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[256];

	if (argc < 6)
		return 2;
	path = argv[1];
	op = argv[2];
	bytes = atol(argv[3]);
	count = atol(argv[4]);
	threads = atol(argv[5]);
	if (argc > 6)
		flags = !strcmp(argv[6], "direct") ? O_DIRECT
			: !strcmp(argv[6], "sync") ? O_SYNC
						   : 0;
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (long i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, run, (void *)i);
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("done %ld\n", count * threads);
	return 0;
}
