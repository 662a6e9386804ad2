/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_INCOMING_BPF_H
#define TCPCONNLAT_INCOMING_BPF_H

#include "waiting.bpf.h"

/* The states of a socket that was made of a listener, and what accept() does with it. */

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
	count_refused(err);
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

/* Any other state. A socket that has a file was accepted, maybe by a way that we do not see; until
 * it ends, its accept() may just be on its way back. */
static __always_inline void on_other_state(struct sock *sk, int from, int to)
{
	struct waiting *waiting = waiting_of(sk);
	struct arrival *arrival;
	__u64 id = (__u64)sk;

	if (!waiting)
		return;
	arrival = &waiting->arrival;
	if (BPF_CORE_READ(sk, sk_socket))
		waiting->has_file = true;
	if (waiting->is_accepted || (waiting->has_file && to == BPF_TCP_CLOSE)) {
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
