/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_CALL_BPF_H
#define FUNCLATENCY_CALL_BPF_H

#include "report.bpf.h"
#include "stack.bpf.h"

/*
 * No function here may have a stack of 64 bytes or more, nor of more than 48, since the verifier
 * rounds up to 16 (cflags). It would lie in memory that the program has once for each CPU, from
 * 6.13 on (e00931c02568), and a program of a uprobe may be preempted by another run of itself:
 * 7.3 then crashed.
 */

/* Whether there was room. */
static __always_inline bool push(struct call_stack *stack, __u32 function, __u64 place)
{
	struct frame *frame, *caller;
	__u32 depth;

	unwind(stack, place, function);
	depth = stack->depth;
	if (depth >= most_calls) {
		count_quality(too_deep);
		count_lost(no_end);
		return false;
	}
	frame = frame_at(stack, depth);
	frame->place = place;
	frame->function = function;
	frame->callees_ns = 0;
	frame->level = 1;
	if (levels) {
		caller = caller_of(stack, depth);
		if (caller)
			frame->level = caller->level + 1;
	}
	stack->open++;
	stack->depth = depth + 1;
	/* Last, so that it leaves out what we did. */
	frame->start_ns = bpf_ktime_get_ns();
	return true;
}

/* A call of a function begins. `place`: where on the stack its return address is. Whether its
 * return is waited for. */
static __noinline bool enter(__u32 function, __u64 place)
{
	struct call_stack *stack;
	bool is_open;

	if (!is_wanted() || !is_sampled())
		return false;
	count_stat(events);
	stack = current_stack();
	if (!stack)
		stack = new_stack();
	if (!stack)
		return false;
	if (stack->busy) {
		count_lost(map_busy);
		return false;
	}
	stack->busy = 1;
	is_open = push(stack, function, place);
	stack->busy = 0;
	return is_open;
}

static __always_inline void count_unmatched(void)
{
	/* The returns of calls that were not sampled have no entry either. */
	if (!sample_below && is_wanted())
		count_stat(unmatched_ends);
}

static __always_inline void pop(struct call_stack *stack, __u64 place, __u64 now)
{
	__u32 found = unwind(stack, place, NONE_ENTERED), function, level;
	struct frame *frame, *caller;
	__u64 ns, self;

	if (!found) {
		count_unmatched();
		return;
	}
	frame = frame_at(stack, found - 1);
	ns = now - frame->start_ns;
	self = ns - frame->callees_ns;
	function = frame->function;
	level = frame->level;
	frame->place = 0;
	stack->open--;
	if (found == stack->depth)
		stack->depth = found - 1;
	if (self_times) {
		caller = caller_of(stack, found - 1);
		if (caller)
			caller->callees_ns += ns;
	}
	report(function, level, self_times ? self : ns);
}

/* A call returns, to what called the function at `place`. */
static __noinline void leave(__u64 place)
{
	__u64 now = bpf_ktime_get_ns();
	struct call_stack *stack = current_stack();

	if (!stack || stack->busy) {
		count_unmatched();
		return;
	}
	stack->busy = 1;
	pop(stack, place, now);
	stack->busy = 0;
}

#endif
