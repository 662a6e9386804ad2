/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_CALL_BPF_H
#define TCPCONNLAT_CALL_BPF_H

#include "connection.bpf.h"
#include "scope.bpf.h"
#include "wanted.bpf.h"

/*
 * connect() calls that begin a connection, by thread: those that fail before
 * SYN_SENT change no socket's state, and only the call knows of them.
 */
struct call {
	__u64 start_ns;
	addr_t sk;
	addr_t address; /* the caller's struct sockaddr */
	addr_t started; /* the socket that went to SYN_SENT: with MPTCP another one */
	bool undone;	/* and back to CLOSE within the call, without an error of its own */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* A second connect() on a socket that is connecting or connected begins nothing. */
static __always_inline bool begins(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ(sk, __sk_common.skc_state) == BPF_TCP_CLOSE &&
	       BPF_CORE_READ(sk, sk_socket, state) == SS_UNCONNECTED;
}

static __always_inline void on_call(struct sock *sk, __u64 address)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call call = {.sk = (__u64)sk, .address = address};

	if (!sk || !begins(sk) || !in_scope(current_ids()))
		return;
	call.start_ns = bpf_ktime_get_ns();
	if (map_update(&calls, &tid, &call, BPF_ANY))
		count_quality(calls_not_kept);
}

static __always_inline struct call *current_call(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&calls, &tid);
}

static __always_inline void note_start(struct sock *sk)
{
	struct call *call = current_call();

	if (call)
		call->started = (__u64)sk;
}

static __always_inline bool undone_by_call(struct sock *sk)
{
	struct call *call = current_call();

	if (!call || call->started != (__u64)sk)
		return false;
	call->undone = true;
	return true;
}

struct sockaddr_start {
	__u16 family;
	__u16 port;
	__u32 v4;
	struct ip_address v6;
};

/* false: none that we could read, or one that disconnects. */
static __always_inline bool read_address(struct ends *ends, __u64 address, const bool in_kernel)
{
	struct sockaddr_start to = {};
	const void *from = (const void *)address;

#define READ(size) \
	(in_kernel ? bpf_probe_read_kernel(&to, size, from) : bpf_probe_read_user(&to, size, from))
	if (READ(8))
		return false;
	if (to.family == AF_INET6 && READ(sizeof(to)))
		return false;
#undef READ
	if (to.family == AF_UNSPEC)
		return false;
	ends->dport = bpf_ntohs(to.port);
	if (to.family == AF_INET) {
		ends->ip = 4;
		ends->daddr.a = to.v4;
	} else if (to.family == AF_INET6) {
		ends->ip = is_mapped(&to.v6) ? 4 : 6;
		ends->mapped = ends->ip == 4;
		ends->daddr = to.v6;
		if (ends->mapped)
			ends->daddr = (struct ip_address){.a = to.v6.d};
	}
	return true;
}

/* A connect() that failed before its first packet. */
static __always_inline void on_failed_call(const struct call *call, int error, const bool in_kernel)
{
	struct task_ids ids = current_ids();
	struct connection connection = {.start_ns = call->start_ns, .error = error};
	struct sock *sk = (struct sock *)call->sk;

	if (!read_address(&connection.ends, call->address, in_kernel))
		return;
	if (!is_wanted(&connection.ends))
		return;
	connection.latency_ns = bpf_ktime_get_ns() - call->start_ns;
	connection.pid = ids.pid;
	connection.tid = ids.tid;
	connection.netns = netns_of(sk);
	connection.result = result_of(error);
	connection.traits = traits_of(sk, &connection.ends);
	bpf_get_current_comm(connection.comm, sizeof(connection.comm));
	count_stat(events);
	report(&connection);
}

#endif
