/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_TRANSITION_BPF_H
#define TCPCONNLAT_TRANSITION_BPF_H

#include "response.bpf.h"

/* The states of a socket that connects. */

static __always_inline void on_established(struct sock *sk, int from)
{
	__u64 id = (__u64)sk, now = bpf_ktime_get_ns();
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);

	if (!flight) {
		on_unmatched(sk, from);
		return;
	}
	fill(&flight->connection, sk, now);
	flight->is_established = true;
	if (want_response)
		return;
	report(&flight->connection);
	forget(flight, id);
}

static __always_inline void on_close(struct sock *sk, int from)
{
	__u64 id = (__u64)sk, now = bpf_ktime_get_ns();
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);
	struct connection *connection;

	if (!flight) {
		on_unmatched(sk, from);
		return;
	}
	connection = &flight->connection;
	if (flight->is_established) {
		/* Data that came in FIN_WAIT waits for its reader, or for on_destroy(). */
		if (has_received(sk))
			return;
	} else if (from != BPF_TCP_SYN_SENT && from != BPF_TCP_SYN_RECV) {
		/* It was established when the kernel did not run us: how long that took is lost. */
		count_lost(no_end);
		forget(flight, id);
		return;
	} else {
		fill(connection, sk, now);
		connection->error = BPF_CORE_READ(sk, sk_err);
		if (!connection->error && undone_by_call(sk))
			return;
		connection->result = result_of(connection->error);
	}
	report(connection);
	forget(flight, id);
}

static __always_inline void on_transition(struct sock *sk, int from, int to)
{
	__u64 id = (__u64)sk;
	struct flight *flight;

	if (to == BPF_TCP_SYN_SENT) {
		if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
			on_start(sk);
	} else if (to == BPF_TCP_ESTABLISHED) {
		on_established(sk, from);
	} else if (to == BPF_TCP_CLOSE) {
		on_close(sk, from);
	} else if (from == BPF_TCP_SYN_SENT && to == BPF_TCP_SYN_RECV) {
		flight = bpf_map_lookup_elem(&flights, &id);
		if (flight)
			flight->connection.traits |= TRAIT_SIMULTANEOUS;
	}
}

#endif
