// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// A program for each way to attach: it counts its runs in one process, by what the link's cookie
// is.
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct {
	/* Tracepoints count this one alone. */
	__u64 system_call;
	__u32 pid;
	bool has_cookies;
} settings;

/* Of a session's runs, those at the return. */
#define AT_RETURN (1ULL << 32)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u64);
	__type(value, __u64);
} counts SEC(".maps");

/* 7.0 gave it the context. */
extern bool bpf_session_is_return(void *ctx) __ksym __weak;
extern bool bpf_session_is_return___before_7_0(void) __ksym __weak;

static __always_inline void add(void *ctx, __u64 flag)
{
	__u64 zero = 0, *runs, key = flag;

	if (bpf_get_current_pid_tgid() >> 32 != settings.pid)
		return;
	if (settings.has_cookies)
		key |= bpf_get_attach_cookie(ctx);
	bpf_map_update_elem(&counts, &key, &zero, BPF_NOEXIST);
	runs = bpf_map_lookup_elem(&counts, &key);
	if (runs)
		__sync_fetch_and_add(runs, 1);
}

#define COUNTS(section, name) \
	SEC("?" section)      \
	int name(void *ctx)   \
	{                     \
		add(ctx, 0);  \
		return 0;     \
	}

COUNTS("fentry", on_fentry)
COUNTS("fexit", on_fexit)
COUNTS("kprobe", on_kprobe)
COUNTS("kprobe.multi", on_kprobe_multi)
COUNTS("uprobe", on_uprobe)
COUNTS("uprobe.multi", on_uprobe_multi)
COUNTS("perf_event", on_perf_event)

#define COUNTS_BOTH_ENDS(section, name)                                          \
	SEC("?" section)                                                         \
	int name(void *ctx)                                                      \
	{                                                                        \
		bool at_return = bpf_ksym_exists(bpf_session_is_return)          \
					 ? bpf_session_is_return(ctx)            \
					 : bpf_session_is_return___before_7_0(); \
		add(ctx, at_return ? AT_RETURN : 0);                             \
		return 0;                                                        \
	}

COUNTS_BOTH_ENDS("fsession", on_fsession)
COUNTS_BOTH_ENDS("kprobe.session", on_kprobe_session)
COUNTS_BOTH_ENDS("uprobe.session", on_uprobe_session)

/* linux/trace_events.h: raw_syscalls:sys_enter as perf has it. */
struct sys_enter {
	__u64 common;
	__u64 id;
};

SEC("?tracepoint")
int on_tracepoint(struct sys_enter *ctx)
{
	if (ctx->id == settings.system_call)
		add(ctx, 0);
	return 0;
}

#define COUNTS_ARGUMENTS(section, name)             \
	SEC("?" section)                            \
	int name(__u64 *ctx)                        \
	{                                           \
		if (ctx[1] == settings.system_call) \
			add(ctx, 0);                \
		return 0;                           \
	}

COUNTS_ARGUMENTS("raw_tracepoint", on_raw_tracepoint)
COUNTS_ARGUMENTS("tp_btf", on_tp_btf)
