// SPDX-License-Identifier: Apache-2.0
/*
 * A just-in-time compiler of two functions, both in memory without a file. It tells their names in
 * /tmp/perf-PID.map, or in a jitdump ("dump"), or does so as nobody should be believed: by a file
 * of another user ("foreign"), by a symbolic link ("link"). "directory": a root to change to
 * before.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* push %rbp; mov %rsp, %rbp; 1: dec %rdi; jnz 1b; pop %rbp; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xff,
				     0xcf, 0x75, 0xfb, 0x5d, 0xc3};

enum {
	HOT = 0,
	COLD = 256,
	LOADED = 1024
};

static char *page;

static long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void write_map(const char *how)
{
	char path[64], real[64];
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	snprintf(real, sizeof(real), "/tmp/perf-%d.real", getpid());
	unlink(path);
	map = fopen(strcmp(how, "link") ? path : real, "w");
	if (!map)
		fail(path);
	fprintf(map, "no line\n%lx 1000 stale\n", (long)page);
	fprintf(map, "0x%lx 0x%zx hot one\x1b[31m;`$(x)\n", (long)(page + HOT), sizeof(code));
	fprintf(map, "%lx %zx Interpreter\n%lx 10 cut", (long)(page + COLD), sizeof(code),
		(long)(page + HOT));
	if (!strcmp(how, "foreign") && fchown(fileno(map), 12345, 12345))
		fail("chown");
	fclose(map);
	if (!strcmp(how, "link") && symlink(real, path))
		fail("symlink");
}

static void record(FILE *dump, uint32_t id, const uint64_t *words, int count, const char *name)
{
	uint32_t head[2] = {id, 16 + 8 * count + (name ? strlen(name) + 1 + sizeof(code) : 0)};
	uint64_t time = 0;

	fwrite(head, sizeof(head), 1, dump);
	fwrite(&time, sizeof(time), 1, dump);
	fwrite(words, 8, count, dump);
	if (!name)
		return;
	fwrite(name, strlen(name) + 1, 1, dump);
	fwrite(code, sizeof(code), 1, dump);
}

static void write_dump(void)
{
	uint64_t hot[] = {0, 0, (uint64_t)page + LOADED, sizeof(code), 1};
	uint64_t moved[] = {0, 0, hot[2], (uint64_t)page + HOT, sizeof(code), 1};
	uint64_t cold[] = {0, 0, (uint64_t)page + COLD, sizeof(code), 2};
	uint32_t head[10] = {0x4a695444, 1, 40, 62, 0, getpid()};
	char path[64];
	FILE *dump;

	snprintf(path, sizeof(path), "/tmp/jit-%d.dump", getpid());
	dump = fopen(path, "w+");
	if (!dump)
		fail(path);
	fwrite(head, sizeof(head), 1, dump);
	record(dump, 0, hot, 5, "hot two");
	record(dump, 0, cold, 5, "cold two");
	record(dump, 1, moved, 6, NULL);
	fflush(dump);
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(dump), 0) == MAP_FAILED)
		fail("mmap");
}

int main(int argc, char **argv)
{
	long spent_hot = 0, spent_cold = 0;
	void (*hot)(long), (*cold)(long);

	if (argc < 2)
		return 2;
	if (argc > 2 && (chroot(argv[2]) || chdir("/")))
		fail(argv[2]);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		fail("mmap");
	memcpy(page + HOT, code, sizeof(code));
	memcpy(page + COLD, code, sizeof(code));
	hot = (void (*)(long))(page + HOT);
	cold = (void (*)(long))(page + COLD);
	if (strcmp(argv[1], "dump"))
		write_map(argv[1]);
	else
		write_dump();
	srand(getpid());
	for (long at = 1;; at++) {
		long times = 500000 + rand() % 1000000, begun = cpu_ns(), middle, end;

		hot(times * 7 / 5);
		middle = cpu_ns();
		cold(times * 3 / 5);
		end = cpu_ns();
		spent_hot += middle - begun;
		spent_cold += end - middle;
		if (at % 16 == 0) {
			printf("spent %ld %ld\n", spent_hot, spent_cold);
			fflush(stdout);
		}
	}
}
