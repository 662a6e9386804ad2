// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * One perf event a CPU runs `sample`, which counts the pair of stacks that it
 * finds. A stack is stored once, under a 64-bit hash of its addresses, so that no
 * two stacks compete for a slot: with n different stacks the chance that any two
 * share a hash is n^2 / 2^65, below 10^-10 for the 16384 stacks of the default.
 */
#include "map.bpf.h"
#include "scope.bpf.h"
#include "stats.bpf.h"

#define MAX_FRAMES 127 /* PERF_MAX_STACK_DEPTH */
#define NO_STACK 0
#define MISSED_STACK 1
#define FIRST_HASH 2

const volatile bool user_stacks = true;
const volatile bool kernel_stacks = true;
const volatile bool include_idle = false;
const volatile bool by_thread = false;
const volatile bool by_cgroup = false;
const volatile hash64_t hash_seed = 0;

struct sample_key {
	hash64_t user_stack;
	hash64_t kernel_stack;
	id64_t cgroup; /* of v2, by_cgroup */
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
	__uint(max_entries, 40960);
	__type(key, struct sample_key);
	__type(value, __u64);
} samples SEC(".maps");

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

/* Only this program uses it, and a perf_event program is never nested. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack);
} scratch SEC(".maps");

/* One step of a multiply-xorshift hash: each address changes all 64 bits. */
static __always_inline __u64 mix(__u64 hash, __u64 address)
{
	hash = (hash ^ address) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

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

static __always_inline void count_sample(const struct sample_key *key)
{
	__u64 *count = bpf_map_lookup_elem(&samples, key), one = 1;
	int err;

	if (!count) {
		err = map_update(&samples, key, &one, BPF_NOEXIST);
		if (!err)
			return;
		if (err == -E2BIG) {
			count_lost(map_full);
			return;
		}
		count = bpf_map_lookup_elem(&samples, key); /* another CPU was first */
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_lost(map_busy);
}

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	struct sample_key key = {};
	struct task_ids ids = current_ids();
	struct sampling *sampling_;
	__u32 zero = 0;

	sampling_ = bpf_map_lookup_elem(&sampling, &zero);
	if (!sampling_)
		return 0;
	sampling_->runs++;
	if (!include_idle && !bpf_get_current_pid_tgid()) {
		sampling_->idle++;
		return 0;
	}
	if (!in_scope(ids) || (by_thread && !bpf_map_lookup_elem(&scope_threads, &ids.tid)))
		return 0;
	count_stat(events);

	key.pid = ids.pid;
	key.tid = ids.tid;
	if (by_cgroup)
		key.cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	if (user_stacks)
		key.user_stack = store_stack(ctx, BPF_F_USER_STACK);
	if (kernel_stacks)
		key.kernel_stack = store_stack(ctx, 0);
	sampling_->missed_user_stacks += key.user_stack == MISSED_STACK;
	sampling_->missed_kernel_stacks += key.kernel_stack == MISSED_STACK;
	count_sample(&key);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
