/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_LISTENER_BPF_H
#define TCPCONNLAT_LISTENER_BPF_H

#include "quality.bpf.h"
#include "scope.bpf.h"
#include "wanted.bpf.h"

/*
 * Whose incoming connections count, where not everybody's: those of the listeners that a process
 * in scope has, by the inodes of their sockets. User space knows those that were there before.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} scope_listeners SEC(".maps");

static __always_inline bool has_scope(void)
{
	return scope_by_pid || scope_cgroup_id;
}

static __always_inline __u64 inode_of(struct sock *listener)
{
	struct socket_alloc *socket = (void *)BPF_CORE_READ(listener, sk_socket);

	return BPF_CORE_READ(socket, vfs_inode.i_ino);
}

/* listen(), by the process that calls it. */
static __always_inline void on_listen(struct sock *sk)
{
	__u64 inode = inode_of(sk);
	__u8 yes = 1;

	if (has_scope() && in_scope(current_ids()) &&
	    map_update(&scope_listeners, &inode, &yes, BPF_ANY))
		count_quality(listeners_not_kept);
}

static __always_inline void on_listen_end(struct sock *sk)
{
	__u64 inode = inode_of(sk);

	if (has_scope())
		bpf_map_delete_elem(&scope_listeners, &inode);
}

/*
 * The listener that a socket was just cloned from. At LISTEN -> SYN_RECV, which
 * inet_csk_clone_lock() fires, the child is still its copy: the empty list of sent segments still
 * leads to the head that was copied, until tcp_create_openreq_child() makes a list of the child's
 * own (4.15 on, e2080072ed2d). NULL: it does not look like one.
 */
static __always_inline struct sock *listener_of(struct sock *child)
{
	struct tcp_sock *tp = (struct tcp_sock *)child;
	char *head = (char *)BPF_CORE_READ(tp, tsorted_sent_queue.next);
	struct sock *listener =
		(struct sock *)(head - bpf_core_field_offset(struct tcp_sock, tsorted_sent_queue));

	if (!head || listener == child ||
	    BPF_CORE_READ(listener, __sk_common.skc_state) != BPF_TCP_LISTEN ||
	    BPF_CORE_READ(listener, __sk_common.skc_net.net) !=
		    BPF_CORE_READ(child, __sk_common.skc_net.net) ||
	    BPF_CORE_READ((struct inet_sock *)listener, inet_sport) !=
		    BPF_CORE_READ((struct inet_sock *)child, inet_sport))
		return NULL;
	return listener;
}

static __always_inline bool is_listener_in_scope(struct sock *listener)
{
	__u64 inode;

	if (!has_scope())
		return true;
	inode = inode_of(listener);
	return listener && bpf_map_lookup_elem(&scope_listeners, &inode);
}

#endif
