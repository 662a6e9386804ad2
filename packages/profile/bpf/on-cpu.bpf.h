/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_ON_CPU_BPF_H
#define PROFILE_ON_CPU_BPF_H

#include "sample.bpf.h"

const volatile bool include_idle = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 40960);
	__type(key, struct sample_key);
	__type(value, __u64);
} samples SEC(".maps");

static __always_inline void count_sample(const struct sample_key *key)
{
	__u64 *count = bpf_map_lookup_elem(&samples, key), one = 1;
	int err;

	if (!count) {
		err = map_update(&samples, key, &one, BPF_NOEXIST);
		if (!err) {
			/* In what a program has mapped since, every address is new. */
			count_image(key->image, key->pid, bpf_ktime_get_ns());
			return;
		}
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

/* One perf event a CPU runs it. */
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
	if (!is_wanted(ids))
		return 0;
	count_stat(events);
	take_sample(ctx, &key, ids, sampling_);
	count_sample(&key);
	return 0;
}

#endif
