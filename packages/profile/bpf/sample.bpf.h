/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_SAMPLE_BPF_H
#define PROFILE_SAMPLE_BPF_H

#include "hash.bpf.h"
#include "image.bpf.h"
#include "map.bpf.h"
#include "scope.bpf.h"
#include "stats.bpf.h"

/*
 * Who runs, and with what stacks. A stack is stored once, under a 64-bit hash of
 * its addresses, so that no two stacks compete for a slot: with n different stacks
 * the chance that any two share a hash is n^2 / 2^65, below 10^-10 for the 16384
 * stacks of the default.
 */
#define MAX_FRAMES 127 /* PERF_MAX_STACK_DEPTH */
#define NO_STACK 0
#define MISSED_STACK 1
#define FIRST_HASH 2

const volatile bool user_stacks = true;
const volatile bool kernel_stacks = true;
const volatile bool by_thread = false;
const volatile bool by_cgroup = false;

struct sample_key {
	hash64_t user_stack;
	hash64_t kernel_stack;
	hash64_t image; /* 0 without a user stack */
	id64_t cgroup;	/* of v2, by_cgroup */
	__u32 pid;
	__u32 tid;
	char comm[TASK_COMM_LEN];
};

struct stack {
	__u64 depth;
	addr_t frames[MAX_FRAMES];
};

/* Quality of what is reported, and the number of times the event fired. */
struct sampling {
	__u64 runs;
	__u64 idle;
	__u64 missed_user_stacks;
	__u64 missed_kernel_stacks;
	__u64 unseen_returns; /* to a CPU */
};

/* The threads whose samples count, by_thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} scope_threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, hash64_t);
	__type(value, struct stack);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sampling);
} sampling SEC(".maps");

/* Of one program at a time: a perf_event program is never nested, and sched_switch fires with
 * interrupts off. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack);
} scratch SEC(".maps");

/* Of the stack in `scratch`. Global, so that the verifier walks the loop once and not for each kind
 * of stack. */
__noinline __u64 hash_scratch(void)
{
	__u32 zero = 0;
	const struct stack *stack = bpf_map_lookup_elem(&scratch, &zero);
	__u64 hash;

	if (!stack)
		return MISSED_STACK;
	hash = mix(hash_seed, stack->depth);
	for (__u32 i = 0; i < MAX_FRAMES; i++) {
		if (i >= stack->depth)
			break;
		hash = mix(hash, stack->frames[i]);
	}
	return hash < FIRST_HASH ? FIRST_HASH : hash;
}

/* The hash under which the current stack is stored, NO_STACK or MISSED_STACK. */
static __always_inline hash64_t store_stack(void *ctx, __u64 flags)
{
	__u32 zero = 0;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &zero);
	hash64_t hash;
	long bytes;
	int err;

	if (!stack)
		return MISSED_STACK;
	bytes = bpf_get_stack(ctx, stack->frames, sizeof(stack->frames), flags);
	if (bytes == -EFAULT || bytes == 0) /* there is no such stack, as in kernel threads */
		return NO_STACK;
	if (bytes < 0)
		return MISSED_STACK;
	stack->depth = (__u64)bytes / sizeof(addr_t);
	hash = hash_scratch();
	if (bpf_map_lookup_elem(&stacks, &hash))
		return hash;
	err = map_update(&stacks, &hash, stack, BPF_NOEXIST);
	return !err || err == -EEXIST ? hash : MISSED_STACK;
}

static __always_inline bool is_wanted(struct task_ids ids)
{
	return in_scope(ids) && (!by_thread || bpf_map_lookup_elem(&scope_threads, &ids.tid));
}

/* Of the current task. */
static __always_inline void take_sample(void *ctx, struct sample_key *key, struct task_ids ids,
					struct sampling *quality)
{
	key->pid = ids.pid;
	key->tid = ids.tid;
	key->cgroup = by_cgroup ? bpf_get_current_cgroup_id() : 0;
	bpf_get_current_comm(key->comm, sizeof(key->comm));
	key->user_stack = user_stacks ? store_stack(ctx, BPF_F_USER_STACK) : NO_STACK;
	key->image = key->user_stack != NO_STACK ? current_image() : 0;
	key->kernel_stack = kernel_stacks ? store_stack(ctx, 0) : NO_STACK;
	quality->missed_user_stacks += key->user_stack == MISSED_STACK;
	quality->missed_kernel_stacks += key->kernel_stack == MISSED_STACK;
}

#endif
