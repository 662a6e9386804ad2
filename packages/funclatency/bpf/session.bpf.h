/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_SESSION_BPF_H
#define FUNCLATENCY_SESSION_BPF_H

#include "kernel.bpf.h"

/* What a program of a session says at an entry: run it at the return too, or not. */
#define WAIT 0
#define NO_WAIT 1

/* kprobe.session came with 6.10, uprobe.session with 6.13, the parameter with 7.0. */
extern bool bpf_session_is_return(void *ctx) __ksym __weak;
extern bool bpf_session_is_return___old(void) __ksym __weak;

static __always_inline bool is_return(void *ctx)
{
	if (bpf_ksym_exists(bpf_session_is_return))
		return bpf_session_is_return(ctx);
	if (bpf_ksym_exists(bpf_session_is_return___old))
		return bpf_session_is_return___old();
	return false;
}

#endif
