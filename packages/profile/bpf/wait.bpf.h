/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_WAIT_BPF_H
#define PROFILE_WAIT_BPF_H

#include "sample.bpf.h"

const volatile __u64 least_ns = 1000;
const volatile __u64 most_ns = ~0ULL;

struct off_cpu {
	struct sample_key key;
	__u64 since; /* ns; 0: it runs, or is off the CPU in a way that nobody asked for */
	__u64 ran;   /* ns of CPU time until then */
	__u32 state;
};

struct waited {
	__u64 count;
	__u64 ns;
};

/* By the kernel's own id: one that has exited passes it on only after its last switch. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct off_cpu);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct sample_key);
	__type(value, struct waited);
} waits SEC(".maps");

/* What a new place is a copy of; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct off_cpu);
} on_cpu SEC(".maps");

static __always_inline struct off_cpu *place_of(__u32 tid, bool is_event)
{
	struct off_cpu *found = bpf_map_lookup_elem(&threads, &tid), *empty;
	__u32 zero = 0;
	int err;

	if (found)
		return found;
	empty = bpf_map_lookup_elem(&on_cpu, &zero);
	if (!empty)
		return NULL;
	err = map_update(&threads, &tid, empty, BPF_NOEXIST);
	if (!err)
		found = bpf_map_lookup_elem(&threads, &tid);
	if (found || !is_event)
		return found;
	if (err == -E2BIG)
		count_lost(map_full);
	else
		count_lost(map_busy);
	return NULL;
}

static __always_inline void count_wait(const struct sample_key *key, __u64 ns)
{
	struct waited *waited = bpf_map_lookup_elem(&waits, key), first = {.count = 1, .ns = ns};
	int err;

	if (!waited) {
		err = map_update(&waits, key, &first, BPF_NOEXIST);
		if (!err)
			return;
		if (err == -E2BIG) {
			count_lost(map_full);
			return;
		}
		waited = bpf_map_lookup_elem(&waits, key); /* another CPU was first */
	}
	if (!waited) {
		count_lost(map_busy);
		return;
	}
	__sync_fetch_and_add(&waited->count, 1);
	__sync_fetch_and_add(&waited->ns, ns);
}

/* It was off the CPU for so long. */
static __always_inline void end_wait(struct off_cpu *place, __u64 ns)
{
	place->since = 0;
	if (ns < least_ns || ns > most_ns)
		count_stat(below_threshold);
	else
		count_wait(&place->key, ns);
}

/*
 * Its return was not seen: some kernels do not run such programs in the idle task of secondary CPUs
 * (seen on 6.18). It came back as long ago as it has had CPU time since, which the scheduler has
 * brought up to date before a switch.
 */
static __always_inline void end_unseen(struct off_cpu *place, __u64 ran, __u64 now)
{
	__u64 back = now - (ran - place->ran);

	if (ran < place->ran || back < place->since) {
		place->since = 0;
		count_lost(no_end);
	} else {
		end_wait(place, back - place->since);
	}
}

#endif
