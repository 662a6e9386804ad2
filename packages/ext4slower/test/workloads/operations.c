/*
 * operations DIRECTORY WHAT...: operations on files of a mounted file system, whose root
 * is DIRECTORY, each logged as it ends:
 *
 *   op KIND BYTES OFFSET ERRNO PATH-IN-HEX [NEW-PATH-IN-HEX]
 *
 * with - for what there is none of. What only the file system's own functions show
 * is logged as `inner`. `took NS` says how long the one before it was. Says "ready", and begins
 * when it reads a line.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define SLEEPERS 24
#define ROUNDS 5

static char path[1 << 16];	  /* of the file in use, from DIRECTORY on */
static const char *new_path = ""; /* where a rename puts it */
static char *buffer;
static char log_text[1 << 24];
static FILE *logged;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void entry(const char *tag, const char *kind, long bytes, long offset, int error)
{
	fprintf(logged, "%s %s ", tag, kind);
	if (bytes < 0)
		fprintf(logged, "- ");
	else
		fprintf(logged, "%ld ", bytes);
	if (offset < 0)
		fprintf(logged, "- %d ", error);
	else
		fprintf(logged, "%ld %d ", offset, error);
	for (const unsigned char *at = (void *)path; *at; at++)
		fprintf(logged, "%02x", *at);
	for (const char *at = new_path; *at; at++)
		fprintf(logged, "%s%02x", at == new_path ? " " : "", *at);
	fprintf(logged, "\n");
}

static void done(const char *kind, long returned, long offset)
{
	entry("op", kind, returned, offset, returned < 0 ? errno : 0);
}

static int opened(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	must(fd >= 0, name);
	snprintf(path, sizeof(path), "/%s", name);
	entry("op", "O", -1, -1, 0);
	return fd;
}

static void synced(int fd)
{
	int error = fsync(fd) ? errno : 0;

	entry("op", "S", -1, -1, error);
}

static void usual(void)
{
	struct iovec parts[2] = {{buffer, 10}, {buffer, 20}};
	struct rlimit limit = {2 * BLOCK, RLIM_INFINITY};
	int fd = opened("plain", O_RDWR | O_CREAT);

	done("W", write(fd, buffer, 100), 0);
	done("W", write(fd, buffer, 50), 100);
	done("W", pwrite(fd, buffer, 1000, BLOCK), BLOCK);
	done("W", writev(fd, parts, 2), 150);
	synced(fd);
	entry("op", "S", -1, -1, fdatasync(fd) ? errno : 0);
	done("R", pread(fd, buffer, 500, 50), 50);
	lseek(fd, 0, SEEK_SET);
	done("R", read(fd, buffer, 10), 0);
	done("R", readv(fd, parts, 2), 10);
	done("R", pread(fd, buffer, 10, 1 << 20), 1 << 20);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	done("W", pwrite(fd, buffer, 10, 1 << 20), 1 << 20);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	close(fd);
	fd = opened("plain", O_WRONLY | O_APPEND);
	done("W", write(fd, buffer, 5), BLOCK + 1000);
	close(fd);
	fd = opened("plain", O_RDWR | O_SYNC);
	entry("inner", "S", 7, 200, pwrite(fd, buffer, 7, 200) == 7 ? 0 : errno);
	entry("op", "W", 7, 200, 0);
	close(fd);
	fd = opened("direct", O_RDWR | O_CREAT | O_DIRECT);
	done("W", pwrite(fd, buffer, BLOCK, 0), 0);
	done("R", pread(fd, buffer, BLOCK, 0), 0);
	close(fd);
	/* Neither of these reaches a file of this file system. */
	must(open("missing", O_RDONLY) < 0, "missing");
	fd = open("/dev/null", O_RDWR);
	must(write(fd, buffer, 10) == 10, "/dev/null");
	close(fd);
}

static void names(void)
{
	static const char *const all[] = {
		"new\nline",
		"comma,quote\"",
		"\x1b[31mred",
		"\xff\xfe",
		"back\\slash",
		" ",
		"half\xe2\x82",
		"\xe2\x80\xae"
		"right",
		"long-\xf0\x9f\x98\x80",
	};
	char long_name[256];

	for (size_t i = 0; i <= sizeof(all) / sizeof(*all); i++) {
		int fd;

		memset(long_name, 'n', 255);
		long_name[255] = 0;
		fd = opened(i < sizeof(all) / sizeof(*all) ? all[i] : long_name, O_RDWR | O_CREAT);
		done("R", read(fd, buffer, 10), 0);
		close(fd);
	}
}

/* A path of that many components: longer than any that a call takes. First only its directories. */
static void deep(int components, int is_first)
{
	size_t length = 0;
	int fd;

	for (int i = 1; i < components; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d%d", i);
		length += snprintf(path + length, sizeof(path) - length, "/%s", name);
		must(!is_first || !mkdir(name, 0755), name);
		must(!chdir(name), name);
	}
	if (is_first)
		return;
	fd = open("f", O_RDWR | O_CREAT, 0644);
	must(fd >= 0, "f");
	snprintf(path + length, sizeof(path) - length, "/f");
	entry("op", "O", -1, -1, 0);
	done("W", write(fd, buffer, 10), 0);
}

static void deleted(void)
{
	int fd = opened("gone", O_RDWR | O_CREAT);

	must(!unlink("gone"), "gone");
	entry("inner", "unlink", -1, -1, 0);
	done("W", write(fd, buffer, 10), 0);
	done("R", pread(fd, buffer, 10, 0), 0);
}

struct reader {
	int fd;
	volatile int began;
	long size;
	volatile long got;
};

static void *slow_read(void *given)
{
	struct reader *reader = given;
	char *into = mmap(NULL, reader->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	reader->began = 1;
	reader->got = pread(reader->fd, into, reader->size, 0);
	return NULL;
}

/* While one thread reads, another puts a different file in the place of its descriptor. */
static void swapped(void)
{
	struct reader reader = {.size = 32 << 20};
	int other = opened("other", O_RDWR | O_CREAT), slow;
	static char chunk[8 << 20] __attribute__((aligned(BLOCK)));
	struct timespec from, now;
	pthread_t thread;

	slow = opened("slow", O_RDWR | O_CREAT | O_DIRECT);
	for (long i = 0; i < reader.size / sizeof(chunk); i++)
		done("W", pwrite(slow, chunk, sizeof(chunk), i * sizeof(chunk)), i * sizeof(chunk));
	/* Until that was in the middle of it. */
	for (int swapped = 0, round = 0; !swapped && round < 200; round++) {
		reader.began = 0;
		reader.got = -1;
		reader.fd = dup(slow);
		pthread_create(&thread, NULL, slow_read, &reader);
		while (!reader.began)
			;
		clock_gettime(CLOCK_MONOTONIC, &from);
		do
			clock_gettime(CLOCK_MONOTONIC, &now);
		while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec - from.tv_nsec <
		       300000);
		dup2(other, reader.fd);
		swapped = reader.got < 0;
		pthread_join(thread, NULL);
		close(reader.fd);
		if (reader.got != reader.size) {
			swapped = 0;
			snprintf(path, sizeof(path), "/other");
		} else {
			snprintf(path, sizeof(path), "/slow");
		}
		done("R", reader.got, 0);
		if (swapped)
			printf("swapped %d\n", round);
	}
}

static void mapped(void)
{
	int fd = opened("mapped", O_RDWR | O_CREAT), pages = 8;
	char *map;

	for (int i = 0; i < pages; i++)
		done("W", write(fd, buffer, BLOCK), (long)i * BLOCK);
	synced(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = mmap(NULL, pages * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	madvise(map, pages * BLOCK, MADV_RANDOM);
	for (int i = 0; i < pages; i++) {
		must(map[i * BLOCK] == buffer[0], "map");
		entry("inner", "mmap", -1, (long)i * BLOCK, 0);
	}
	for (int i = 0; i < pages; i++) {
		map[i * BLOCK] = 1;
		entry("inner", "mkwrite", -1, (long)i * BLOCK, 0);
	}
	munmap(map, pages * BLOCK);
	close(fd);
}

/* From one file into another: out of the one, and then into the other, which is a write. */
static void copied(int from)
{
	int to = opened("copy", O_RDWR | O_CREAT);

	lseek(from, 0, SEEK_SET);
	must(sendfile(to, from, NULL, 1500) == 1500, "sendfile");
	snprintf(path, sizeof(path), "/one");
	entry("op", "splice", 1500, -1, 0);
	snprintf(path, sizeof(path), "/copy");
	entry("inner", "W", 1500, 0, 0);
	entry("inner", "splice", 1500, -1, 0);
	snprintf(path, sizeof(path), "/one");
	close(to);
}

static void others(void)
{
	int pipes[2], fd, directory;
	char entries[4096];

	fd = opened("one", O_RDWR | O_CREAT);
	done("W", write(fd, buffer, 3000), 0);
	must(!pipe(pipes), "pipe");
	lseek(fd, 0, SEEK_SET);
	done("splice", splice(fd, NULL, pipes[1], NULL, 2000, 0), -1);
	copied(fd);
	must(!ftruncate(fd, 500), "ftruncate");
	entry("inner", "truncate", -1, 500, 0);
	close(fd);
	must(!rename("one", "two"), "rename");
	new_path = "/two";
	entry("inner", "rename", -1, -1, 0);
	new_path = "";
	must(!unlink("two"), "unlink");
	snprintf(path, sizeof(path), "/two");
	entry("inner", "unlink", -1, -1, 0);
	must(!mkdir("new", 0755), "mkdir");
	snprintf(path, sizeof(path), "/new");
	entry("inner", "mkdir", -1, -1, 0);
	must(mkdir("new", 0755) < 0, "mkdir again");
	directory = open("new", O_RDONLY | O_DIRECTORY);
	while (syscall(SYS_getdents64, directory, entries, sizeof(entries)) > 0)
		entry("op", "readdir", -1, -1, 0);
	entry("op", "readdir", -1, -1, 0);
}

static pthread_barrier_t all_there;
static volatile int sleepers[SLEEPERS];
static char *frozen_map;

static void *touch(void *given)
{
	long i = (long)given;

	sleepers[i] = syscall(SYS_gettid);
	pthread_barrier_wait(&all_there);
	frozen_map[i * BLOCK] = 1;
	return NULL;
}

/* Its state in /proc, without what would need the address space: a sleeper may hold its lock. */
static int sleeps(int thread)
{
	char file[64], text[256] = "", *end;
	int fd;

	snprintf(file, sizeof(file), "/proc/self/task/%d/stat", thread);
	fd = open(file, O_RDONLY);
	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, file);
	close(fd);
	end = strrchr(text, ')');
	return end && end[2] == 'D';
}

/* So many threads at once inside of ext4_page_mkwrite(), each on a page of its own. */
static void frozen(void)
{
	int fd = opened("frozen", O_RDWR | O_CREAT), top = open(".", O_RDONLY | O_DIRECTORY);
	pthread_t threads[SLEEPERS];
	int asleep = 0;

	for (int i = 0; i < SLEEPERS; i++)
		done("W", write(fd, buffer, BLOCK), (long)i * BLOCK);
	frozen_map = mmap(NULL, SLEEPERS * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			  fd, 0);
	must(frozen_map != MAP_FAILED, "mmap");
	pthread_barrier_init(&all_there, NULL, SLEEPERS + 1);
	for (long i = 0; i < SLEEPERS; i++)
		pthread_create(&threads[i], NULL, touch, (void *)i);
	must(!ioctl(top, FIFREEZE, 0), "FIFREEZE");
	pthread_barrier_wait(&all_there);
	for (int round = 0; asleep < SLEEPERS && round < 10000; round++) {
		struct timespec pause = {0, 1000000};

		nanosleep(&pause, NULL);
		for (asleep = 0; asleep < SLEEPERS && sleeps(sleepers[asleep]);)
			asleep++;
	}
	must(!ioctl(top, FITHAW, 0), "FITHAW");
	must(asleep == SLEEPERS, "all asleep");
	for (int i = 0; i < SLEEPERS; i++)
		pthread_join(threads[i], NULL);
	printf("slept %d\n", SLEEPERS);
}

struct share {
	long count;
	int fd;
};

static void *cached_reads(void *given)
{
	struct share *share = given;
	char into[64];

	for (long i = 0; i < share->count; i++)
		must(pread(share->fd, into, sizeof(into), 0) == sizeof(into), "pread");
	return NULL;
}

/* Reads of 64 bytes from memory, which are not logged one by one. */
static void many(long count, int threads)
{
	int fd = opened("cached", O_RDWR | O_CREAT);
	pthread_t all[64];
	struct share share = {count / threads, fd};
	struct timespec from, to;

	done("W", write(fd, buffer, BLOCK), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < threads; i++)
		pthread_create(&all[i], NULL, cached_reads, &share);
	for (int i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("ns %.1f\n", ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec) /
				    (share.count * threads) * threads);
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void took(long since)
{
	fprintf(logged, "took %ld\n", now_ns() - since);
}

static int opened_by_the_clock(int flags)
{
	long since = now_ns();
	int fd = opened("onto", O_RDWR | flags);

	took(since);
	return fd;
}

/* Reads and writes in turn, or one of them. */
static void transfers(int fd, const char *kinds)
{
	for (int i = 0; i < ROUNDS; i++) {
		for (const char *kind = kinds; *kind; kind++) {
			int is_write = *kind == 'W';
			long since = now_ns();

			done(is_write ? "W" : "R",
			     is_write ? pwrite(fd, buffer, BLOCK, 0) : pread(fd, buffer, BLOCK, 0),
			     0);
			took(since);
		}
	}
}

/* What does not reach the device, and what does, by the clock. */
static void device(void)
{
	int fd = opened_by_the_clock(O_CREAT);
	long since;

	transfers(fd, "W");
	since = now_ns();
	synced(fd);
	took(since);
	transfers(fd, "R");
	close(fd);
	fd = opened_by_the_clock(O_DIRECT);
	transfers(fd, "RW");
	close(fd);
}

/* What a run before left; lost+found stays. */
static int clean(const char *name, const struct stat *status, int kind, struct FTW *place)
{
	if (place->level > 0 && !strstr(name, "lost+found"))
		remove(name);
	return 0;
}

static void run(const char *what, char **more)
{
	if (!strcmp(what, "usual"))
		usual();
	else if (!strcmp(what, "names"))
		names();
	else if (!strcmp(what, "deleted"))
		deleted();
	else if (!strcmp(what, "swapped"))
		swapped();
	else if (!strcmp(what, "mapped"))
		mapped();
	else if (!strcmp(what, "others"))
		others();
	else if (!strcmp(what, "device"))
		device();
	else if (!strcmp(what, "frozen"))
		frozen();
	else if (!strcmp(what, "deep"))
		deep(atoi(more[0]), 0);
	else if (!strcmp(what, "many"))
		many(atol(more[0]), atoi(more[1]));
	else
		exit(2);
}

int main(int argc, char **argv)
{
	char line[8];

	logged = fmemopen(log_text, sizeof(log_text), "w");
	buffer = aligned_alloc(BLOCK, BLOCK);
	memset(buffer, 7, BLOCK);
	must(argc > 2 && !chdir(argv[1]), "directory");
	nftw(".", clean, 64, FTW_DEPTH | FTW_PHYS);
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], "deep"))
			deep(atoi(argv[i + 1]), 1);
	must(!chdir(argv[1]), "directory");
	printf("ready\n");
	fflush(stdout);
	must(read(0, line, sizeof(line)) >= 0, "stdin");
	/* A number belongs to the word before it. */
	for (int i = 2; i < argc; i++)
		if (atol(argv[i]) == 0)
			run(argv[i], argv + i + 1);
	fclose(logged);
	fputs(log_text, stdout);
	printf("done\n");
	return 0;
}
