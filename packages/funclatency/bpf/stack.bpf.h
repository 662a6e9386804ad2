/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_STACK_BPF_H
#define FUNCLATENCY_STACK_BPF_H

#include "map.bpf.h"
#include "quality.bpf.h"

/*
 * The open calls of each thread, by where they lie on its stack. A return finds its
 * call by that place, so that a return which the kernel did not show us costs its own
 * call and no other. What lies below an entry or a return was left without one, by
 * longjmp() or a probe that had run out: lost.no_end.
 *
 * Stacks of one thread are told apart by how far they are from one another: signal
 * handlers and coroutines have their own in user space, interrupts in the kernel.
 */
#define MAX_DEPTH 64

const volatile __u32 most_calls = MAX_DEPTH; /* fewer are verified sooner */
const volatile __u8 stack_bits = 23; /* addresses that differ above are of different stacks */
const volatile bool self_times = false;

struct frame {
	addr_t place; /* 0: it has ended, below others that have not */
	__u64 start_ns;
	__u64 callees_ns; /* of the traced functions that it called */
	__u32 function;
	__u32 level;
};

struct call_stack {
	__u32 depth; /* frames in use, ended ones included */
	__u32 open;  /* those that have not ended */
	__u32 busy;  /* a program is at work on it, and an interrupt has brought another */
	__u32 unused;
	struct frame frames[MAX_DEPTH];
};

/* By task, not by thread id: an exec gives a thread another one, and idle tasks share theirs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, addr_t);
	__type(value, struct call_stack);
} stacks SEC(".maps");

/* What a new stack is a copy of; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call_stack);
} empty_stack SEC(".maps");

static __always_inline struct call_stack *current_stack(void)
{
	addr_t task = bpf_get_current_task();

	return bpf_map_lookup_elem(&stacks, &task);
}

/* The thread's stack, made when it is its first call; NULL: no room, which is counted. */
static __always_inline struct call_stack *new_stack(void)
{
	addr_t task = bpf_get_current_task();
	struct call_stack *empty;
	__u32 zero = 0;
	int err = -ENOENT;

	empty = bpf_map_lookup_elem(&empty_stack, &zero);
	if (empty)
		err = map_update(&stacks, &task, empty, BPF_NOEXIST);
	if (err && err != -EEXIST) {
		count_refused(err);
		return NULL;
	}
	return bpf_map_lookup_elem(&stacks, &task);
}

static __always_inline bool same_stack(__u64 a, __u64 b)
{
	__u64 distance = a > b ? a - b : b - a;

	return distance >> stack_bits == 0;
}

static __always_inline struct frame *frame_at(struct call_stack *stack, __u32 i)
{
	/* The verifier has to see the bound where the frame is taken. */
	asm volatile("%[i] &= 63" : [i] "+r"(i));
	return &stack->frames[i];
}

#define NONE_ENTERED (~0ULL) /* a function returns */

enum step {
	GO_ON,
	AT_PLACE,
	ABOVE,
};

/*
 * Ends a frame that lies below `place` on its stack. `entered`: the function, of an entry,
 * and what the same function left at that very place ends too: another one's call there goes
 * on, since the one has jumped to the other.
 */
static __noinline enum step unwind_frame(struct call_stack *stack, __u32 i, __u64 place,
					 __u64 entered)
{
	struct frame *frame = frame_at(stack, i);

	if (frame->place && same_stack(frame->place, place)) {
		if (frame->place > place)
			return ABOVE;
		if (frame->place == place && frame->function != entered)
			return AT_PLACE;
		frame->place = 0;
		stack->open--;
		count_lost(no_end);
	}
	if (!frame->place && i + 1 == stack->depth)
		stack->depth = i;
	return GO_ON;
}

static __noinline __u32 unwind_from(struct call_stack *stack, __u32 depth, __u64 place,
				    __u64 entered)
{
	__u32 most = most_calls;

	for (__u32 n = 0; n < most; n++) {
		enum step step;

		if (n >= depth)
			break;
		step = unwind_frame(stack, depth - n - 1, place, entered);
		if (step == AT_PLACE)
			return depth - n;
		if (step == ABOVE)
			break;
	}
	return 0;
}

/* Ends all frames that lie below `place`. Returns the index + 1 of the one that is there, else 0.
 */
static __always_inline __u32 unwind(struct call_stack *stack, __u64 place, __u64 entered)
{
	__u32 depth = stack->depth;

	if (!depth)
		return 0;
	/* As most returns find it. */
	if (entered == NONE_ENTERED && frame_at(stack, depth - 1)->place == place)
		return depth;
	return unwind_from(stack, depth, place, entered);
}

/* The innermost open call of those that began before the frame at `depth`; NULL: none. */
static __always_inline struct frame *caller_of(struct call_stack *stack, __u32 depth)
{
	__u32 most = most_calls;

	for (__u32 n = 0; n < most; n++) {
		struct frame *frame;

		if (n >= depth)
			break;
		frame = frame_at(stack, depth - n - 1);
		if (frame->place)
			return frame;
	}
	return NULL;
}

/* The thread has ended, or its memory has been replaced: no call of it returns. */
static __always_inline void abandon_stack(addr_t task)
{
	struct call_stack *stack = bpf_map_lookup_elem(&stacks, &task);

	if (!stack)
		return;
	if (stack->open)
		add_lost(no_end, stack->open);
	bpf_map_delete_elem(&stacks, &task);
}

#endif
