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
	bool is_over; /* reported; only a delete that failed leaves it here */
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

/* LISTEN -> SYN_RECV: a child, which has of its listener what a clone has. */
static __always_inline void on_child(struct sock *sk)
{
	struct waiting waiting = {}, *before;
	struct arrival *arrival = &waiting.arrival;
	__u64 id = (__u64)sk;
	struct sock *listener;
	int err;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    !is_wanted_port(bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport))))
		return;
	listener = listener_of(sk);
	if (!listener)
		count_quality(listeners_not_found);
	if (!is_listener_in_scope(listener))
		return;
	waiting.listener = (__u64)listener;
	arrival->start_ns = bpf_ktime_get_ns();
	arrival->netns = netns_of(sk);
	arrival->queue_length = BPF_CORE_READ(sk, sk_ack_backlog);
	arrival->queue_limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
	before = waiting_of(sk);
	if (before && before->is_event)
		count_lost(no_end);
	err = map_update(&waitings, &id, &waiting, BPF_ANY);
	if (!err)
		return;
	count_stat(events);
	if (err == -E2BIG)
		count_lost(map_full);
	else
		count_lost(map_busy);
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

/* SYN_RECV -> ESTABLISHED */
static __always_inline void on_handshake(struct sock *sk)
{
	struct waiting *waiting = waiting_of(sk);
	enum handshake handshake = HANDSHAKE_UNKNOWN;
	struct arrival *arrival;

	if (!waiting || !becomes_event(waiting, sk))
		return;
	arrival = &waiting->arrival;
	arrival->synack_retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	if (is_fast_open(sk))
		arrival->traits |= TRAIT_FAST_OPEN;
	else
		handshake = time_handshake(sk, (struct sock *)waiting->listener, arrival->start_ns,
					   &arrival->handshake_ns);
	arrival->is_handshake_timed = handshake == HANDSHAKE_TIMED;
	if (handshake == HANDSHAKE_COOKIE)
		arrival->traits |= TRAIT_SYNCOOKIE;
	if (waiting->is_accepted)
		finish(waiting, sk);
}

/* An end whose start we did not see. With a scope it cannot be told from those outside of it. */
static __always_inline void on_unmatched_accept(struct sock *sk)
{
	struct ends ends;

	/* Closed while it waited: that was its end. */
	if (has_scope() || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    BPF_CORE_READ(sk, __sk_common.skc_state) == BPF_TCP_CLOSE)
		return;
	ends = ends_of(sk);
	if (is_wanted_port(ends.lport) && is_wanted_peer(&ends))
		count_stat(unmatched_ends);
}

/* What accept() returned. It may come before on_handshake(): then that finishes. Should each think
 * that the other one does, the next state of the socket finds it accepted. */
static __always_inline void on_accept(struct sock *sk)
{
	struct task_ids ids = current_ids();
	struct waiting *waiting;
	struct arrival *arrival;

	if (!sk)
		return;
	waiting = waiting_of(sk);
	if (!waiting) {
		on_unmatched_accept(sk);
		return;
	}
	arrival = &waiting->arrival;
	arrival->wait_ns = bpf_ktime_get_ns() - arrival->start_ns;
	arrival->is_wait_timed = true;
	arrival->pid = ids.pid;
	arrival->tid = ids.tid;
	bpf_get_current_comm(arrival->comm, sizeof(arrival->comm));
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == BPF_TCP_CLOSE_WAIT)
		arrival->traits |= TRAIT_PEER_CLOSED;
	waiting->is_accepted = true;
	if (is_fast_open(sk))
		arrival->traits |= TRAIT_FAST_OPEN;
	if (waiting->is_event || (arrival->traits & TRAIT_FAST_OPEN && becomes_event(waiting, sk)))
		finish(waiting, sk);
}

/* What MPTCP's own socket was accepted with. */
static __always_inline struct sock *first_subflow(struct sock *sk)
{
	struct mptcp_sock *msk = (struct mptcp_sock *)sk;

	return bpf_core_field_exists(msk->first) ? BPF_CORE_READ(msk, first) : NULL;
}

/* Any other state. A socket that has a file was accepted, by a way that we do not see. */
static __always_inline void on_other_state(struct sock *sk, int from, int to)
{
	struct waiting *waiting = waiting_of(sk);
	struct arrival *arrival;
	__u64 id = (__u64)sk;

	if (!waiting)
		return;
	arrival = &waiting->arrival;
	if (waiting->is_accepted || BPF_CORE_READ(sk, sk_socket)) {
		if (becomes_event(waiting, sk))
			finish(waiting, sk);
		return;
	}
	if (to != BPF_TCP_CLOSE)
		return;
	if (!waiting->is_event && from == BPF_TCP_SYN_RECV && !is_fast_open(sk)) {
		bpf_map_delete_elem(&waitings, &id); /* It could not be queued. */
		return;
	}
	if (!becomes_event(waiting, sk))
		return;
	arrival->wait_ns = bpf_ktime_get_ns() - arrival->start_ns;
	arrival->is_wait_timed = true;
	arrival->error = BPF_CORE_READ(sk, sk_err);
	arrival->result = result_of(arrival->error);
	finish(waiting, sk);
}

static __always_inline void on_incoming(struct sock *sk, int from, int to)
{
	if (to == BPF_TCP_LISTEN)
		on_listen(sk);
	else if (from == BPF_TCP_LISTEN && to == BPF_TCP_SYN_RECV)
		on_child(sk);
	else if (from == BPF_TCP_LISTEN)
		on_listen_end(sk);
	else if (to == BPF_TCP_ESTABLISHED)
		on_handshake(sk);
	else
		on_other_state(sk, from, to);
}

#endif
