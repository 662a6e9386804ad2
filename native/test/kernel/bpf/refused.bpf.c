// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Programs that every kernel's verifier refuses, each for a reason of its own.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[4]);
} numbers SEC(".maps");

static __always_inline __u64 *lookup(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&numbers, &zero);
}

/* Each round looks like the one before. */
SEC("?raw_tp")
int endless_loop(void *ctx)
{
	volatile __u64 *number = lookup();

	if (!number)
		return 0;
	while (*number != 7)
		*number = *number + 1;
	return 0;
}

/* Each round differs, and there are more than the verifier follows. */
SEC("?raw_tp")
int long_loop(void *ctx)
{
	volatile __u64 *number = lookup();

	if (!number)
		return 0;
	for (__u64 i = 0; i < 10000000; i++)
		*number += i;
	return 0;
}

SEC("?raw_tp")
int out_of_bounds(void *ctx)
{
	__u64 *number = lookup();

	if (!number)
		return 0;
	return number[number[0] & 7];
}

static __noinline int deeper(__u64 seed)
{
	volatile char room[300];

	room[seed & 127] = 1;
	return room[(seed >> 8) & 127];
}

/* Since 6.13 tracing programs may use 512 bytes a function (a76ab5731e32), others still share. */
SEC("?socket")
int deep_stack(void *ctx)
{
	volatile char room[300];

	room[bpf_get_prandom_u32() & 127] = 1;
	return deeper(bpf_get_prandom_u32()) + room[bpf_get_prandom_u32() & 127];
}
