/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_RESPONSE_BPF_H
#define TCPCONNLAT_RESPONSE_BPF_H

#include "flight.bpf.h"

/* The peer's first data, for which an established connection stays in flight. */

/* Data, that is: a FIN counts as a byte. */
static __always_inline bool has_received(struct sock *sk)
{
	unsigned long flags = BPF_CORE_READ(sk, __sk_common.skc_flags);
	__u64 bytes = BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);

	return bytes > (flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1);
}

static __always_inline void on_destroy(struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);

	if (!flight || !flight->is_established || flight->is_over)
		return;
	report_not_timed(flight);
	forget(flight, id);
}

/* The first data, and by what it was noticed. */
static __always_inline void on_response(struct flight *flight, __u64 id, __u8 response)
{
	struct connection *connection = &flight->connection;

	if (!flight->is_established || flight->is_over)
		return;
	connection->response = response;
	connection->response_ns = bpf_ktime_get_ns() - connection->start_ns;
	report(connection);
	forget(flight, id);
}

#endif
