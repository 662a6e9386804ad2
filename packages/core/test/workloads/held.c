// SPDX-License-Identifier: Apache-2.0
/*
 * What is held for tracing, a line each: with the number of a process, what it and
 * each process below it hold, and then what the kernel has.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct process {
	int pid;
	int parent;
	int below;
};

/* Kinds of objects as a descriptor's fdinfo names them, and how the kernel tells of all. */
static const struct kind {
	const char *name;
	int next_id;
	int by_id;
} kinds[] = {
	{"prog", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID},
	{"map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID},
	{"link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID},
};
#define KINDS (int)(sizeof(kinds) / sizeof(*kinds))

static void print_objects(const struct kind *kind)
{
	union bpf_attr next = {0}, one;

	while (!syscall(SYS_bpf, kind->next_id, &next, sizeof(next))) {
		int fd;

		/* One that is being freed still has its number, and cannot be opened. */
		memset(&one, 0, sizeof(one));
		one.prog_id = next.next_id;
		fd = syscall(SYS_bpf, kind->by_id, &one, sizeof(one));
		if (fd < 0 && errno != ENOENT && errno != EAGAIN) {
			perror(kind->name);
			exit(1);
		}
		if (fd >= 0) {
			printf("%s %u\n", kind->name, next.next_id);
			close(fd);
		}
		next.start_id = next.next_id;
	}
	if (errno != ENOENT) {
		perror(kind->name);
		exit(1);
	}
}

static void print_ids(int pid, const char *fd)
{
	char path[PATH_MAX], line[512];
	unsigned int id;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	info = fopen(path, "r");
	if (!info)
		return;
	while (fgets(line, sizeof(line), info)) {
		for (int i = 0; i < KINDS; i++) {
			size_t length = strlen(kinds[i].name);

			if (!strncmp(line, kinds[i].name, length) &&
			    sscanf(line + length, "_id: %u", &id) == 1)
				printf("%s %u\n", kinds[i].name, id);
		}
	}
	fclose(info);
}

/* Its perf events, and with `objects` its programs, maps and links. */
static void print_descriptors(int pid, int objects)
{
	char path[64], target[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	if (!directory)
		return; /* it has ended */
	while ((entry = readdir(directory))) {
		ssize_t length =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		if (length < 0)
			continue;
		target[length] = 0;
		if (strncmp(target, "anon_inode:", 11))
			continue;
		if (strstr(target, "perf_event"))
			puts("perf_event");
		else if (objects && strstr(target, "bpf"))
			print_ids(pid, entry->d_name);
	}
	closedir(directory);
}

/* A name may hold anything: what follows it begins with the state and the parent. */
static int parent_of(int pid)
{
	char path[64], text[1024], *after;
	int parent = 0, fd;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = 0;
	after = strrchr(text, ')');
	if (after)
		sscanf(after + 1, " %*c %d", &parent);
	return parent;
}

static int all_processes(struct process **found)
{
	struct process *processes = NULL;
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (directory && (entry = readdir(directory))) {
		int pid = atoi(entry->d_name);

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		processes = realloc(processes, (count + 1) * sizeof(*processes));
		if (!processes)
			exit(1);
		processes[count++] = (struct process){pid, parent_of(pid), 0};
	}
	closedir(directory);
	*found = processes;
	return count;
}

/* Marks a process and all below it. */
static void mark(struct process *processes, int count, int pid)
{
	for (int i = 0; i < count; i++) {
		if (processes[i].pid == pid)
			processes[i].below = 1;
		else if (processes[i].parent == pid && !processes[i].below)
			mark(processes, count, processes[i].pid);
	}
}

int main(int argc, char **argv)
{
	struct process *processes;
	int count = all_processes(&processes);

	if (argc > 1)
		mark(processes, count, atoi(argv[1]));
	for (int i = 0; i < count; i++) {
		if (!processes[i].below)
			continue;
		printf("process %d\n", processes[i].pid);
		print_descriptors(processes[i].pid, 1);
	}
	puts("kernel");
	for (int i = 0; i < KINDS; i++)
		print_objects(&kinds[i]);
	for (int i = 0; i < count; i++)
		print_descriptors(processes[i].pid, 0);
	return 0;
}
