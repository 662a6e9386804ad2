// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Programs and maps of every kind that the add-on handles.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 traced_pid;

struct event {
	__u64 number;
	__u32 pid;
};

/* Only what a variable refers to is in the type information. */
struct event *unused_event;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 20000);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 100);
	__type(key, __u32);
	__type(value, __u32);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 128);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events SEC(".maps");

struct window {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__type(key, __u32);
	__type(value, __u64);
} first_window SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct window);
} windows SEC(".maps") = {.values = {&first_window}};

/* Threads may insert the same key at once: setegid() has all of a process make their first
 * rt_sigreturn() together. */
static __always_inline void count(void *map, __u32 key)
{
	__u64 one = 1, *value = bpf_map_lookup_elem(map, &key);

	if (!value) {
		if (!bpf_map_update_elem(map, &key, &one, BPF_NOEXIST))
			return;
		value = bpf_map_lookup_elem(map, &key);
	}
	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("perf_event")
int sample(void *ctx)
{
	count(&counts, 0);
	bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

SEC("tp_btf/sys_enter")
int syscall_entry(__u64 *ctx)
{
	__u32 zero = 0;
	struct event *event;
	void *window;

	if (bpf_get_current_pid_tgid() >> 32 != traced_pid)
		return 0;
	window = bpf_map_lookup_elem(&windows, &zero);
	if (window)
		count(window, (__u32)ctx[1]);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->number = ctx[1];
	event->pid = traced_pid;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("raw_tracepoint")
int on_raw_tracepoint(void *ctx)
{
	count(&counts, 1);
	return 0;
}

SEC("tracepoint")
int on_tracepoint(void *ctx)
{
	count(&counts, 2);
	return 0;
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	count(&counts, (__u32)bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("uprobe.multi")
int on_uprobe_multi(void *ctx)
{
	count(&counts, (__u32)bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("?kprobe")
int on_kprobe(void *ctx)
{
	return 0;
}

SEC("?raw_tp")
int refused(__u64 *ctx)
{
	return *(int *)(ctx[0] + ctx[1]);
}
