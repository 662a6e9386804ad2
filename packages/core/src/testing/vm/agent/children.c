// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "port.h"

#define CHUNK 8192
/* As a shell has it for a command that cannot be started. */
#define NOT_STARTED (127 << 8)

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

/* Becomes the program that the body of START asks for. */
static void become(char *body, uint32_t length)
{
	char *at = body + sizeof(uint32_t), *end = body + length;
	char *directory = at;
	char **arguments;
	uint32_t count;
	sigset_t none;

	memcpy(&count, body, sizeof(count));
	arguments = calloc(count + 1, sizeof(*arguments));
	at += strlen(at) + 1;
	for (uint32_t i = 0; i < count && at < end; i++, at += strlen(at) + 1)
		arguments[i] = at;
	for (; at < end; at += strlen(at) + 1)
		putenv(at);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (*directory && chdir(directory)) {
		fprintf(stderr, "%s: %s\n", directory, strerror(errno));
		_exit(127);
	}
	execvp(arguments[0], arguments);
	fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static void refuse(uint32_t id, const char *why)
{
	int32_t status = NOT_STARTED;

	say(STDERR, id, why, strlen(why));
	say(END, id, &status, sizeof(status));
}

void start_child(uint32_t id, char *body, uint32_t length)
{
	struct child *child = free_place();
	int in[2], out[2], err[2];
	uint32_t told;
	pid_t pid;

	if (!child)
		return refuse(id, "agent: too many programs at once\n");
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("agent: pipe");
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
	if (pid < 0) {
		close(in[1]);
		close(out[0]);
		close(err[0]);
		return refuse(id, "agent: no process to be had\n");
	}
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	*child = (struct child){.id = id, .pid = pid, .input = in[1], .output = {out[0], err[0]}};
	told = pid;
	say(PID, id, &told, sizeof(told));
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

void feed_child(uint32_t id, const char *input, uint32_t length)
{
	struct child *child = find(id);

	if (!child || child->input < 0)
		return;
	if (length == 0)
		child->input_over = 1;
	child->pending = realloc(child->pending, child->pending_length + length + 1);
	if (!child->pending)
		die("agent: input");
	memcpy(child->pending + child->pending_length, input, length);
	child->pending_length += length;
	feed(child);
}

void signal_child(uint32_t id, int number)
{
	struct child *child = find(id);

	if (child && !child->ended)
		kill(child->pid, number);
}

static void forget(struct child *child)
{
	for (int stream = 0; stream < 2; stream++)
		if (child->output[stream] >= 0)
			close(child->output[stream]);
	if (child->input >= 0)
		close(child->input);
	free(child->pending);
	child->pid = 0;
}

void end_everything(void)
{
	kill(-1, SIGKILL); /* all but process 1 */
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid)
			forget(&children[i]);
}

void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < MAX_CHILDREN; i++) {
			if (children[i].pid != pid)
				continue;
			children[i].ended = 1;
			children[i].status = status;
		}
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
	say(END, child->id, &status, sizeof(status));
	forget(child);
}

void watch_children(struct pollfd *watched)
{
	for (int i = 0; i < MAX_CHILDREN; i++, watched += POLLED) {
		struct child *child = &children[i];
		int feeding = child->pid && child->pending_length > 0;

		watched[0] = (struct pollfd){child->pid ? child->output[0] : -1, POLLIN, 0};
		watched[1] = (struct pollfd){child->pid ? child->output[1] : -1, POLLIN, 0};
		watched[2] = (struct pollfd){feeding ? child->input : -1, POLLOUT, 0};
	}
}

void serve_children(const struct pollfd *watched)
{
	for (int i = 0; i < MAX_CHILDREN; i++, watched += POLLED) {
		for (int stream = 0; stream < 2; stream++)
			if (watched[stream].revents)
				pass_on(&children[i], stream);
		if (watched[2].revents)
			feed(&children[i]);
		if (children[i].pid)
			end_if_over(&children[i]);
	}
}
