/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_SYSCALL_BPF_H
#define FUNCLATENCY_SYSCALL_BPF_H

#include "registers.bpf.h"
#include "report.bpf.h"

/*
 * System calls by number, as the whole system enters and leaves them. A thread is in
 * one at a time. One that a signal without a handler interrupts, and that the kernel
 * then continues, is one call; with a handler it ends when the handler begins.
 */
#define SYSCALLS 1024	       /* numbers of 64-bit programs; those of 32-bit ones follow */
#define NUMBER_MASK 0x3fffffff /* without __X32_SYSCALL_BIT */

#define ERESTARTSYS 512 /* include/linux/errno.h, and the next */
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

/* By number, the function + 1 that it counts as; 0: not traced. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * SYSCALLS);
	__type(key, __u32);
	__type(value, __u32);
} syscalls SEC(".maps");

enum syscall_state {
	NO_SYSCALL,
	IN_SYSCALL,
	INTERRUPTED, /* it has left the kernel, to be entered again or not */
};

struct syscall_call {
	__u64 start_ns;
	__u64 end_ns; /* INTERRUPTED: when it left */
	__u32 function;
	__u32 state;
};

/* By task. A thread keeps its place from its first call to its end. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, addr_t);
	__type(value, struct syscall_call);
} system_calls SEC(".maps");

static __always_inline __u32 traced_as(long number, bool compat)
{
	__u32 key = number & NUMBER_MASK, *function;

	if (key >= SYSCALLS)
		return 0;
	if (compat)
		key += SYSCALLS;
	function = bpf_map_lookup_elem(&syscalls, &key);
	return function ? *function : 0;
}

static __always_inline void finish_syscall(struct syscall_call *call, __u64 end_ns)
{
	call->state = NO_SYSCALL;
	report(call->function, 1, end_ns - call->start_ns);
}

static __always_inline void enter_syscall(struct syscall_call *call, addr_t task, __u32 function)
{
	struct syscall_call fresh = {.function = function, .state = IN_SYSCALL};
	int err;

	if (call) {
		call->function = function;
		call->state = IN_SYSCALL;
		call->start_ns = bpf_ktime_get_ns();
		return;
	}
	fresh.start_ns = bpf_ktime_get_ns();
	err = map_update(&system_calls, &task, &fresh, BPF_ANY);
	if (err)
		count_refused(err);
}

/* `function`: as traced_as() has it. `continues`: it is restart_syscall(). */
static __always_inline void on_syscall(addr_t task, __u32 function, bool continues)
{
	struct syscall_call *call;

	if (!is_wanted())
		return;
	call = bpf_map_lookup_elem(&system_calls, &task);
	if (call && call->state == INTERRUPTED) {
		if (continues || call->function == function) {
			call->state = IN_SYSCALL;
			count_quality(restarted);
			return;
		}
		finish_syscall(call, call->end_ns);
	}
	if (!function || !is_sampled())
		return;
	if (call && call->state == IN_SYSCALL)
		count_lost(no_end); /* rt_sigreturn leaves as no call at all */
	count_stat(events);
	enter_syscall(call, task, function);
}

static __always_inline bool is_restart(long ret)
{
	return ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND ||
	       ret == -ERESTART_RESTARTBLOCK;
}

/* `is_traced`: what ends has the number of one that is; else it may still continue one. */
static __always_inline void on_syscall_end(addr_t task, long ret, bool is_traced)
{
	__u64 now = bpf_ktime_get_ns();
	struct syscall_call *call = bpf_map_lookup_elem(&system_calls, &task);

	if (!call || call->state != IN_SYSCALL) {
		if (is_traced && !sample_below && is_wanted())
			count_stat(unmatched_ends);
	} else if (is_restart(ret)) {
		call->end_ns = now;
		call->state = INTERRUPTED;
	} else {
		finish_syscall(call, now);
	}
}

/* A handler runs before the call is entered again, if it ever is: the call has ended. */
static __always_inline void on_handler(addr_t task)
{
	struct syscall_call *call = bpf_map_lookup_elem(&system_calls, &task);

	if (call && call->state == INTERRUPTED)
		finish_syscall(call, call->end_ns);
}

static __always_inline void abandon_syscall(addr_t task)
{
	struct syscall_call *call = bpf_map_lookup_elem(&system_calls, &task);

	if (!call)
		return;
	if (call->state != NO_SYSCALL)
		count_lost(no_end);
	bpf_map_delete_elem(&system_calls, &task);
}

#endif
