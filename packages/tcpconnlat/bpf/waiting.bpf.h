/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_WAITING_BPF_H
#define TCPCONNLAT_WAITING_BPF_H

#include "arrival.bpf.h"
#include "handshake.bpf.h"
#include "listener.bpf.h"

/*
 * An incoming connection from the ACK that makes its socket until accept() returns it. It is an
 * event once it is established: only then are its ends known. One of Fast Open waits from its SYN
 * on, and may be accepted before.
 */
struct waiting {
	struct arrival arrival;
	addr_t listener;
	bool is_event;
	bool is_accepted;
	bool has_file; /* accepted, and maybe not by what we see of it */
	bool is_over;  /* reported; only a delete that failed leaves it here */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, addr_t);
	__type(value, struct waiting);
} waitings SEC(".maps");

static __always_inline struct waiting *waiting_of(struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct waiting *waiting = bpf_map_lookup_elem(&waitings, &id);

	return waiting && !waiting->is_over ? waiting : NULL;
}

/* Of two that end it at the same time, who deletes it reports it. */
static __always_inline void finish(struct waiting *waiting, struct sock *sk)
{
	struct arrival arrival = waiting->arrival;
	__u64 id = (__u64)sk;
	int err = (int)bpf_map_delete_elem(&waitings, &id);

	if (err == -ENOENT)
		return;
	waiting->is_over = err != 0;
	report_arrival(&arrival);
}

/* A subflow that joins an MPTCP connection: nobody accepts it. */
static __always_inline bool is_joined(struct sock *sk)
{
	struct mptcp_subflow_context *subflow;

	if (!is_mptcp_subflow(sk) || !bpf_core_field_exists(struct mptcp_subflow_context, mp_join))
		return false;
	subflow = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_data);
	return BPF_CORE_READ_BITFIELD_PROBED(subflow, mp_join);
}

/* false: it is none that we want, and forgotten. */
static __always_inline bool becomes_event(struct waiting *waiting, struct sock *sk)
{
	struct arrival *arrival = &waiting->arrival;
	__u64 id = (__u64)sk;

	if (waiting->is_event)
		return true;
	arrival->ends = ends_of(sk);
	if (!is_wanted_peer(&arrival->ends) || is_joined(sk)) {
		bpf_map_delete_elem(&waitings, &id);
		return false;
	}
	if (arrival->ends.mapped)
		arrival->traits |= TRAIT_V4_MAPPED;
	if (is_mptcp_subflow(sk))
		arrival->traits |= TRAIT_MPTCP;
	waiting->is_event = true;
	count_stat(events);
	return true;
}

/* Whether data came with its SYN, which made it. */
static __always_inline bool is_fast_open(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return BPF_CORE_READ_BITFIELD_PROBED(tp, syn_data_acked) || BPF_CORE_READ(tp, fastopen_rsk);
}

/* What MPTCP's own socket was accepted with. */
static __always_inline struct sock *first_subflow(struct sock *sk)
{
	struct mptcp_sock *msk = (struct mptcp_sock *)sk;

	return bpf_core_field_exists(msk->first) ? BPF_CORE_READ(msk, first) : NULL;
}

#endif
