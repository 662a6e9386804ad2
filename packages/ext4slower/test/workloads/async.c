/*
 * async DIRECTORY COUNT WAY...: reads and writes that can be over after their call has returned, on
 * a file of a mounted file system whose root is DIRECTORY; logged as operations.c logs, with how
 * long each batch took. WAY: aio, uring, nowait (preadv2) or loop (a device on the file), without
 * the page cache; with -buffered by it, and with -nowait RWF_NOWAIT reads alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define DEPTH 32
#define FILE_NAME "async"

static char *blocks;
static int logged;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void done(const char *kind, long returned, long offset)
{
	if (!logged)
		return;
	printf("op %s ", kind);
	printf(returned < 0 ? "- " : "%ld ", returned);
	printf("%ld %ld ", offset, returned < 0 ? -returned : 0L);
	for (const char *at = "/" FILE_NAME; *at; at++)
		printf("%02x", *at);
	printf("\n");
}

static int opened(int flags)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | flags, 0644);

	must(fd >= 0, FILE_NAME);
	return fd;
}

/* Written before anybody looks, so that no block is new. */
static void prepare(int count)
{
	int fd = opened(O_DIRECT);

	for (long i = 0; i < count; i++)
		must(pwrite(fd, blocks, BLOCK, i * BLOCK) == BLOCK, "pwrite");
	must(!fsync(fd), "fsync");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void took(long since)
{
	printf("took %ld\n", now_ns() - since);
}

/* Every other one is a write, which may always wait. */
static int is_write(int i, int nowait)
{
	return !nowait && i % 2;
}

static void aio(int fd, int count, int nowait)
{
	aio_context_t context = 0;
	struct io_event events[DEPTH];
	struct iocb iocbs[DEPTH], *list[DEPTH];
	long since;

	must(!syscall(SYS_io_setup, DEPTH, &context), "io_setup");
	for (int from = 0; from < count; from += DEPTH) {
		int n = count - from < DEPTH ? count - from : DEPTH;

		for (int i = 0; i < n; i++) {
			iocbs[i] = (struct iocb){
				.aio_fildes = fd,
				.aio_lio_opcode =
					is_write(i, nowait) ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
				.aio_rw_flags = nowait ? RWF_NOWAIT : 0,
				.aio_buf = (unsigned long)blocks + i * BLOCK,
				.aio_nbytes = BLOCK,
				.aio_offset = (long)(from + i) * BLOCK,
				.aio_data = i,
			};
			list[i] = &iocbs[i];
		}
		since = now_ns();
		must(syscall(SYS_io_submit, context, n, list) == n, "io_submit");
		must(syscall(SYS_io_getevents, context, n, n, events, NULL) == n, "io_getevents");
		took(since);
		for (int i = 0; i < n; i++)
			done(is_write(events[i].data, nowait) ? "W" : "R", events[i].res,
			     (from + events[i].data) * BLOCK);
	}
}

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static int set_up_ring(void)
{
	struct io_uring_params params = {};
	char *sq, *cq;

	ring.fd = syscall(SYS_io_uring_setup, DEPTH, &params);
	if (ring.fd < 0)
		return 0;
	sq = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned),
		  PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
	ring.sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
			 PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	must(sq != MAP_FAILED && cq != MAP_FAILED && ring.sqes != MAP_FAILED, "mmap");
	ring.sq_tail = (void *)(sq + params.sq_off.tail);
	ring.sq_mask = (void *)(sq + params.sq_off.ring_mask);
	ring.sq_array = (void *)(sq + params.sq_off.array);
	ring.cq_head = (void *)(cq + params.cq_off.head);
	ring.cq_tail = (void *)(cq + params.cq_off.tail);
	ring.cq_mask = (void *)(cq + params.cq_off.ring_mask);
	ring.cqes = (void *)(cq + params.cq_off.cqes);
	return 1;
}

static void uring(int fd, int count, int nowait)
{
	long since;

	for (int from = 0; from < count; from += DEPTH) {
		int n = count - from < DEPTH ? count - from : DEPTH;

		for (int i = 0; i < n; i++) {
			unsigned at = (*ring.sq_tail + i) & *ring.sq_mask;

			ring.sqes[at] = (struct io_uring_sqe){
				.opcode = is_write(i, nowait) ? IORING_OP_WRITE : IORING_OP_READ,
				.rw_flags = nowait ? RWF_NOWAIT : 0,
				.fd = fd,
				.off = (long)(from + i) * BLOCK,
				.addr = (unsigned long)blocks + i * BLOCK,
				.len = BLOCK,
				.user_data = i,
			};
			ring.sq_array[at] = at;
		}
		since = now_ns();
		__atomic_store_n(ring.sq_tail, *ring.sq_tail + n, __ATOMIC_RELEASE);
		must(syscall(SYS_io_uring_enter, ring.fd, n, n, IORING_ENTER_GETEVENTS, NULL, 0) ==
			     n,
		     "io_uring_enter");
		took(since);
		for (int i = 0; i < n; i++) {
			unsigned head = *ring.cq_head;
			struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];

			must(head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE), "cqe");
			done(is_write(cqe->user_data, nowait) ? "W" : "R", cqe->res,
			     (from + cqe->user_data) * BLOCK);
			__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
		}
	}
}

/* preadv2() that would have to wait for the device: its own failure, and no retry. */
static void nowait(int fd, int count)
{
	for (long i = 0; i < count; i++) {
		struct iovec part = {blocks, BLOCK};
		long got = preadv2(fd, &part, 1, i * BLOCK, RWF_NOWAIT);

		done("R", got < 0 ? -errno : got, i * BLOCK);
	}
}

/* Through a device that makes the reads without the page cache, and in a thread of the kernel. */
static void loop(int fd, int count)
{
	struct loop_config config = {.fd = fd, .info.lo_flags = LO_FLAGS_DIRECT_IO};
	int control = open("/dev/loop-control", O_RDWR), device;
	char name[32];

	must(control >= 0, "/dev/loop-control");
	snprintf(name, sizeof(name), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	device = open(name, O_RDONLY | O_DIRECT);
	must(device >= 0 && !ioctl(device, LOOP_CONFIGURE, &config), name);
	for (long i = 0; i < count; i++)
		done("R", pread(device, blocks, BLOCK, i * BLOCK), i * BLOCK);
	must(!ioctl(device, LOOP_CLR_FD), name);
	close(device);
	close(control);
}

static void run(const char *what, int count)
{
	int fd = opened(strstr(what, "buffered") ? 0 : O_DIRECT);
	int may_not_wait = strstr(what, "-nowait") != NULL;

	if (!strncmp(what, "aio", 3))
		aio(fd, count, may_not_wait);
	else if (!strncmp(what, "uring", 5))
		uring(fd, count, may_not_wait);
	else if (!strncmp(what, "loop", 4))
		loop(fd, count);
	else
		nowait(fd, count);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[2]) : 0;
	char line[8];

	blocks = aligned_alloc(BLOCK, DEPTH * BLOCK);
	memset(blocks, 7, DEPTH * BLOCK);
	must(count > 0 && !chdir(argv[1]), "directory");
	prepare(count);
	must(set_up_ring(), "io_uring_setup");
	printf("ready\n");
	fflush(stdout);
	must(read(0, line, sizeof(line)) >= 0, "stdin");
	logged = 1;
	for (int i = 3; i < argc; i++)
		run(argv[i], count);
	printf("done\n");
	return 0;
}
