// SPDX-License-Identifier: Apache-2.0
/*
 * Process 1 of a guest: mounts what a Linux system has mounted, and then runs what
 * the other end of a serial port asks for. Every message is a header and a body;
 * connection.ts is the other end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PORT "/dev/ttyS1"
#define MAX_CHILDREN 64
#define MAX_BODY (1 << 20)
#define CHUNK 8192

/* What is asked: START brings the working directory, arguments and environment,
 * each ended by a NUL, after the number of arguments; INPUT without a body ends
 * standard input; SIGNAL brings its number; RESET ends all that runs and is
 * answered by READY. */
enum request {
	START = 1,
	INPUT,
	SIGNAL,
	RESET
};

/* What is said: READY with the kernel's release, PID, output, and END with the
 * wait status, after the last output. */
enum reply {
	READY = 1,
	PID,
	STDOUT,
	STDERR,
	END
};

struct header {
	uint32_t kind;
	uint32_t id;
	uint32_t length;
} __attribute__((packed));

struct child {
	uint32_t id;
	pid_t pid; /* 0: a free place */
	int input;
	int output[2];
	int ended;
	int status;
	char *pending; /* input that its pipe had no room for */
	size_t pending_length;
	int input_over;
};

static struct child children[MAX_CHILDREN];
static int port;

static void die(const char *what)
{
	perror(what);
	exit(1); /* the kernel panics, and the other end sees the machine go */
}

static void mount_at(const char *source, const char *target, const char *type, const char *data)
{
	mkdir(target, 0755);
	if (mount(source, target, type, 0, data) && errno != EBUSY)
		fprintf(stderr, "agent: %s: %s\n", target, strerror(errno));
}

static void set_up(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	struct rlimit files = {65536, 65536};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	mount_at("proc", "/proc", "proc", NULL);
	mount_at("sys", "/sys", "sysfs", NULL);
	mount_at("dev", "/dev", "devtmpfs", NULL);
	mkdir("/dev/pts", 0755);
	mount_at("pts", "/dev/pts", "devpts", NULL);
	mount_at("shm", "/dev/shm", "tmpfs", NULL);
	mount_at("run", "/run", "tmpfs", NULL);
	mount_at("tracefs", "/sys/kernel/tracing", "tracefs", NULL);
	mount_at("debugfs", "/sys/kernel/debug", "debugfs", NULL);
	mount_at("securityfs", "/sys/kernel/security", "securityfs", NULL);
	mount_at("bpf", "/sys/fs/bpf", "bpf", NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2", NULL);
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &loopback))
		fprintf(stderr, "agent: lo: %s\n", strerror(errno));
	close(sock);
	setrlimit(RLIMIT_NOFILE, &files);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
}

static void write_all(const void *from, size_t length)
{
	const char *at = from;

	while (length > 0) {
		ssize_t written = write(port, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			die("agent: " PORT);
		at += written;
		length -= written;
	}
}

static void say(enum reply kind, uint32_t id, const void *body, uint32_t length)
{
	struct header header = {kind, id, length};

	write_all(&header, sizeof(header));
	write_all(body, length);
}

static int read_all(void *into, size_t length)
{
	char *at = into;

	while (length > 0) {
		ssize_t got = read(port, at, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		length -= got;
	}
	return 0;
}

static struct child *find(uint32_t id)
{
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid && children[i].id == id)
			return &children[i];
	return NULL;
}

static struct child *free_place(void)
{
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (!children[i].pid)
			return &children[i];
	return NULL;
}

/* Becomes the program: the body is the count of arguments, then strings. */
static void become(char *body, uint32_t length)
{
	char *at = body + sizeof(uint32_t), *end = body + length;
	char *directory = at;
	uint32_t count;
	sigset_t none;

	memcpy(&count, body, sizeof(count));
	char **arguments = calloc(count + 1, sizeof(*arguments));
	at += strlen(at) + 1;
	for (uint32_t i = 0; i < count && at < end; i++, at += strlen(at) + 1)
		arguments[i] = at;
	for (; at < end; at += strlen(at) + 1)
		putenv(at);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (*directory && chdir(directory)) {
		fprintf(stderr, "%s: %s\n", directory, strerror(errno));
		_exit(127);
	}
	execvp(arguments[0], arguments);
	fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static void start(uint32_t id, char *body, uint32_t length)
{
	struct child *child = free_place();
	int in[2], out[2], err[2];
	uint32_t pid;

	if (!child || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("agent: start");
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		become(body, length);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	*child = (struct child){.id = id, .pid = pid, .input = in[1], .output = {out[0], err[0]}};
	say(PID, id, &pid, sizeof(pid));
}

/* As much of the input as the pipe takes now. */
static void feed(struct child *child)
{
	while (child->pending_length > 0) {
		ssize_t n = write(child->input, child->pending, child->pending_length);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			n = child->pending_length; /* nobody reads it any more */
		child->pending_length -= n;
		memmove(child->pending, child->pending + n, child->pending_length);
	}
	if (child->input_over && child->input >= 0) {
		close(child->input);
		child->input = -1;
	}
}

static void take_input(uint32_t id, const char *body, uint32_t length)
{
	struct child *child = find(id);

	if (!child || child->input < 0)
		return;
	if (length == 0)
		child->input_over = 1;
	child->pending = realloc(child->pending, child->pending_length + length + 1);
	memcpy(child->pending + child->pending_length, body, length);
	child->pending_length += length;
	feed(child);
}

static void ready(void)
{
	struct utsname kernel;

	uname(&kernel);
	say(READY, 0, kernel.release, strlen(kernel.release));
}

static void reset(void)
{
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid)
			kill(-children[i].pid, SIGKILL);
	ready();
}

static void serve(void)
{
	static char body[MAX_BODY];
	struct header header;
	struct child *child;
	int32_t number;

	if (read_all(&header, sizeof(header)) || header.length > sizeof(body) ||
	    read_all(body, header.length))
		die("agent: " PORT);
	switch ((enum request)header.kind) {
	case START:
		start(header.id, body, header.length);
		break;
	case INPUT:
		take_input(header.id, body, header.length);
		break;
	case SIGNAL:
		child = find(header.id);
		memcpy(&number, body, sizeof(number));
		if (child && !child->ended)
			kill(child->pid, number);
		break;
	case RESET:
		reset();
		break;
	}
}

static void pass_on(struct child *child, int stream)
{
	char chunk[CHUNK];
	ssize_t got = read(child->output[stream], chunk, sizeof(chunk));

	if (got > 0) {
		say(stream ? STDERR : STDOUT, child->id, chunk, got);
	} else {
		close(child->output[stream]);
		child->output[stream] = -1;
	}
}

/* A process that has ended keeps its place until all of its output is sent. */
static void end_if_over(struct child *child)
{
	int32_t status = child->status;

	if (!child->ended || child->output[0] >= 0 || child->output[1] >= 0)
		return;
	if (child->input >= 0)
		close(child->input);
	free(child->pending);
	say(END, child->id, &status, sizeof(status));
	child->pid = 0;
}

/* Process 1 inherits every orphan. */
static void reap(int signals)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(signals, &info, sizeof(info)) < 0)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < MAX_CHILDREN; i++) {
			if (children[i].pid != pid)
				continue;
			children[i].ended = 1;
			children[i].status = status;
		}
	}
}

static int open_port(void)
{
	struct termios raw;

	port = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port < 0 || tcgetattr(port, &raw))
		die("agent: " PORT);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	return tcsetattr(port, TCSANOW, &raw);
}

int main(void)
{
	sigset_t chld;
	int signals;

	set_up();
	if (open_port())
		die("agent: " PORT);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	ready();

	for (;;) {
		struct pollfd watched[2 + 3 * MAX_CHILDREN] = {{port, POLLIN, 0},
							       {signals, POLLIN, 0}};

		for (int i = 0; i < MAX_CHILDREN; i++) {
			struct child *child = &children[i];
			struct pollfd *of = &watched[2 + 3 * i];
			int feeding = child->pid && child->pending_length > 0;

			of[0] = (struct pollfd){child->pid ? child->output[0] : -1, POLLIN, 0};
			of[1] = (struct pollfd){child->pid ? child->output[1] : -1, POLLIN, 0};
			of[2] = (struct pollfd){feeding ? child->input : -1, POLLOUT, 0};
		}
		if (poll(watched, 2 + 3 * MAX_CHILDREN, -1) < 0)
			continue;
		for (int i = 0; i < MAX_CHILDREN; i++) {
			struct pollfd *of = &watched[2 + 3 * i];

			for (int stream = 0; stream < 2; stream++)
				if (of[stream].revents)
					pass_on(&children[i], stream);
			if (of[2].revents)
				feed(&children[i]);
		}
		if (watched[1].revents)
			reap(signals);
		for (int i = 0; i < MAX_CHILDREN; i++)
			if (children[i].pid)
				end_if_over(&children[i]);
		if (watched[0].revents)
			serve();
	}
}
