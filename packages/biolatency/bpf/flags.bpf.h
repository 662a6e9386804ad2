/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_FLAGS_BPF_H
#define BIOLATENCY_FLAGS_BPF_H

#include "kernel.bpf.h"

/* Of the kernel's enumeration only the names count: their values are read from its BTF. */
enum req_flag_bits {
	__REQ_SYNC = 11,
	__REQ_META = 12,
	__REQ_PRIO = 13,
	__REQ_NOMERGE = 14,
	__REQ_IDLE = 15,
	__REQ_FUA = 17,
	__REQ_RAHEAD = 19,
	__REQ_BACKGROUND = 20,
	__REQ_NOWAIT = 21,
};

#define REQ_OP_MASK 0xff /* REQ_OP_BITS is 8 on all kernels since 4.8 */
#define REQ_OP_READ 0
#define REQ_OP_WRITE 1
#define REQ_OP_FLUSH 2
#define REQ_OP_DISCARD 3
#define REQ_OP_SECURE_ERASE 5
#define OP_UNKNOWN 0xff

/*
 * An operation and its flags in one layout for all kernels: that of 5.10 to 7.3, where
 * a mask is all that it takes. src/flags.ts names them.
 */
enum io_flag {
	IO_SYNC = 1 << 11,
	IO_META = 1 << 12,
	IO_PRIO = 1 << 13,
	IO_NOMERGE = 1 << 14,
	IO_IDLE = 1 << 15,
	IO_FUA = 1 << 17,
	IO_RAHEAD = 1 << 19,
	IO_BACKGROUND = 1 << 20,
	IO_NOWAIT = 1 << 21,
};

#define EACH_FLAG(of) \
	of(SYNC) of(META) of(PRIO) of(NOMERGE) of(IDLE) of(FUA) of(RAHEAD) of(BACKGROUND) of(NOWAIT)

/* This kernel's bit of a flag, a constant to the verifier; 0: it has none. */
#define KERNEL_BIT(name)                                                       \
	(bpf_core_enum_value_exists(enum req_flag_bits, __REQ_##name)          \
		 ? 1U << bpf_core_enum_value(enum req_flag_bits, __REQ_##name) \
		 : 0)

/* An object built with -DFLAGS_MOVED=1 translates wherever it runs, for tests. */
#ifndef FLAGS_MOVED
#define FLAGS_MOVED 0
#endif

#define MOVED(name) || KERNEL_BIT(name) != IO_##name
#define TRANSLATED(name) | ((opf & KERNEL_BIT(name)) ? IO_##name : 0)
#define BIT_OF(name) | IO_##name

static __always_inline __u32 io_flags(__u32 opf)
{
	if (FLAGS_MOVED EACH_FLAG(MOVED))
		return (opf & REQ_OP_MASK) EACH_FLAG(TRANSLATED);
	return opf & (REQ_OP_MASK EACH_FLAG(BIT_OF));
}

#endif
