// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Connections by the states of their sockets. What connect() itself returns comes
 * from fexit where that works, else from raw_syscalls, which runs for every system
 * call of the machine.
 */
#include "incoming.bpf.h"
#include "system-call.bpf.h"
#include "transition.bpf.h"

static __always_inline void on_return(long returned, const bool in_kernel)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&calls, &tid), call;

	if (!found)
		return;
	call = *found;
	bpf_map_delete_elem(&calls, &tid);
	if (call.undone)
		on_undone(call.started, returned < 0 ? -returned : 0);
	else if (returned < 0 && !call.started)
		on_failed_call(&call, -returned, in_kernel);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(btf_state, struct sock *sk, int from, int to)
{
	on_transition(sk, from, to);
	return 0;
}

SEC("tracepoint/sock/inet_sock_set_state")
int record_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct sock *sk = (struct sock *)BPF_CORE_READ(ctx, skaddr);

	on_transition(sk, BPF_CORE_READ(ctx, oldstate), BPF_CORE_READ(ctx, newstate));
	return 0;
}

SEC("fentry/inet_stream_connect")
int BPF_PROG(function_connect, struct socket *socket, void *address)
{
	on_call(BPF_CORE_READ(socket, sk), (__u64)address);
	return 0;
}

SEC("fexit/inet_stream_connect")
int BPF_PROG(function_connected, struct socket *socket, void *address, int length, int flags,
	     int returned)
{
	on_return(returned, true);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(btf_enter, struct pt_regs *regs, long number)
{
	if (number == NR_CONNECT && !is_compat_call())
		on_call(sock_of_fd(CALL_FD(regs)), CALL_ADDRESS(regs));
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(btf_exit, struct pt_regs *regs, long returned)
{
	if (CALL_NUMBER(regs) == NR_CONNECT)
		on_return(returned, false);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int record_enter(struct trace_event_raw_sys_enter *ctx)
{
	if (BPF_CORE_READ(ctx, id) == NR_CONNECT && !is_compat_call())
		on_call(sock_of_fd(BPF_CORE_READ(ctx, args[0])), BPF_CORE_READ(ctx, args[1]));
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int record_exit(struct trace_event_raw_sys_exit *ctx)
{
	if (BPF_CORE_READ(ctx, id) == NR_CONNECT)
		on_return(BPF_CORE_READ(ctx, ret), false);
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(btf_probe, struct sock *sk, struct sk_buff *skb)
{
	__u64 id = (__u64)sk;
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);
	__u8 offset = 0;

	if (!flight)
		return 0;
	/* skb->data is the TCP header, whose length is in the upper half of byte 12. */
	bpf_probe_read_kernel(&offset, sizeof(offset), BPF_CORE_READ(skb, data) + 12);
	if (BPF_CORE_READ(skb, len) > (offset >> 4) * 4)
		on_response(flight, id, RESPONSE_SEGMENT);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(btf_read, struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct flight *flight = bpf_map_lookup_elem(&flights, &id);

	if (flight)
		on_response(flight, id, RESPONSE_READ);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(btf_destroy, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(btf_incoming, struct sock *sk, int from, int to)
{
	on_incoming(sk, from, to);
	return 0;
}

SEC("tracepoint/sock/inet_sock_set_state")
int record_incoming(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct sock *sk = (struct sock *)BPF_CORE_READ(ctx, skaddr);

	on_incoming(sk, BPF_CORE_READ(ctx, oldstate), BPF_CORE_READ(ctx, newstate));
	return 0;
}

/* Two parameters and what it returns; before 6.10 (92ef0fd55ac8) four. The barrier keeps clang from
 * one load at an offset that it chose before, which verifiers refuse. */
SEC("fexit/inet_csk_accept")
int function_accepted(__u64 *ctx)
{
	struct sock *sk;

	if (bpf_core_type_exists(struct proto_accept_arg)) {
		sk = (struct sock *)ctx[2];
		barrier();
	} else {
		sk = (struct sock *)ctx[4];
	}
	on_accept(sk);
	return 0;
}

static __always_inline void on_accept_return(long number, long returned)
{
	struct sock *sk;

	if ((number != NR_ACCEPT && number != NR_ACCEPT4) || returned < 0 || is_compat_call())
		return;
	sk = sock_of_fd(returned);
	if (sk && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		sk = first_subflow(sk);
	on_accept(sk);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(btf_accept_exit, struct pt_regs *regs, long returned)
{
	on_accept_return(CALL_NUMBER(regs), returned);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int record_accept_exit(struct trace_event_raw_sys_exit *ctx)
{
	on_accept_return(BPF_CORE_READ(ctx, id), BPF_CORE_READ(ctx, ret));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
