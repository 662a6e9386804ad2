/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_FLIGHT_BPF_H
#define TCPCONNLAT_FLIGHT_BPF_H

#include "call.bpf.h"

/*
 * A connection between SYN_SENT and its end. A socket cannot be freed but through
 * CLOSE, which fires the tracepoint: an entry that is found at SYN_SENT is one whose
 * end the kernel did not run us for.
 */
struct flight {
	struct connection connection;
	bool is_established;
	bool is_over; /* reported; only a delete that failed leaves it here */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, addr_t);
	__type(value, struct flight);
} flights SEC(".maps");

static __always_inline void forget(struct flight *flight, __u64 id)
{
	flight->is_over = true;
	bpf_map_delete_elem(&flights, &id);
}

/* What the protocol alone knows, and no earlier than at the end. */
static __always_inline __u8 tcp_traits(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	__u8 traits = is_mptcp_subflow(sk) ? TRAIT_MPTCP : 0;

	if (BPF_CORE_READ_BITFIELD_PROBED(tp, syn_fastopen))
		traits |= TRAIT_FAST_OPEN;
	return traits;
}

static __always_inline void report_not_timed(struct flight *flight)
{
	flight->connection.response = RESPONSE_NOT_TIMED;
	report(&flight->connection);
	flight->is_over = true;
}

static __always_inline void on_start(struct sock *sk)
{
	struct task_ids ids = current_ids();
	struct flight flight = {}, *before;
	struct connection *connection = &flight.connection;
	__u64 id = (__u64)sk;
	int err;

	note_start(sk);
	connection->ends = ends_of(sk);
	if (!is_wanted(&connection->ends) || !in_scope(ids))
		return;
	connection->pid = ids.pid;
	connection->tid = ids.tid;
	connection->traits = traits_of(sk, &connection->ends);
	connection->netns = netns_of(sk);
	bpf_get_current_comm(connection->comm, sizeof(connection->comm));
	connection->start_ns = bpf_ktime_get_ns();
	count_stat(events);
	before = bpf_map_lookup_elem(&flights, &id);
	if (before && !before->is_over) {
		if (before->is_established)
			report_not_timed(before);
		else
			count_lost(no_end);
	}
	err = map_update(&flights, &id, &flight, BPF_ANY);
	if (err)
		count_refused(err);
}

/* connect() is over, well or not; what the socket knows now is gone later. */
static __always_inline void fill(struct connection *connection, struct sock *sk, __u64 now)
{
	struct ends ends = ends_of(sk);

	connection->latency_ns = now - connection->start_ns;
	connection->ends.saddr = ends.saddr;
	connection->ends.lport = ends.lport;
	connection->traits |= tcp_traits(sk);
	connection->syn_retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
}

/* Of an end without a start. With a scope it cannot be told from ends outside of it. */
static __always_inline void on_unmatched(struct sock *sk, int from)
{
	struct ends ends;

	if (from != BPF_TCP_SYN_SENT || scope_by_pid || scope_cgroup_id)
		return;
	ends = ends_of(sk);
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP && is_wanted(&ends))
		count_stat(unmatched_ends);
}

/* When the call that began a connection also undid it: only what it returns says why. */
static __always_inline void on_undone(__u64 id, int error)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);

	if (!flight || flight->is_established)
		return;
	flight->connection.error = error;
	flight->connection.result = result_of(error);
	report(&flight->connection);
	forget(flight, id);
}

#endif
