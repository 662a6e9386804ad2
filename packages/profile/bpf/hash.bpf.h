/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_HASH_BPF_H
#define PROBEKIT_HASH_BPF_H

#include "kernel.bpf.h"

const volatile hash64_t hash_seed = 0;

/* One step of a multiply-xorshift hash: each value changes all 64 bits. */
static __always_inline __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

#endif
