/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_SLOTS_BPF_H
#define PROBEKIT_SLOTS_BPF_H

/*
 * Log-linear slots, as in HdrHistogram: each power of two is split into 2^bits
 * slots of one width, so that a slot is at most 2^-bits of its values wide. With
 * 0 bits they are the powers of two. src/histogram/slots.ts reads them. Plain C
 * on __u32 and __u64, so that a test can compile it for this machine.
 */
enum histogram_unit {
	UNIT_NSECS,
	UNIT_USECS,
	UNIT_MSECS,
};

static inline __attribute__((always_inline)) __u32 floor_log2(__u64 value)
{
	__u32 log = 0;

	if (value >> 32) {
		value >>= 32;
		log = 32;
	}
	if (value >> 16) {
		value >>= 16;
		log += 16;
	}
	if (value >> 8) {
		value >>= 8;
		log += 8;
	}
	if (value >> 4) {
		value >>= 4;
		log += 4;
	}
	if (value >> 2) {
		value >>= 2;
		log += 2;
	}
	return log + (value >> 1);
}

/*
 * A time in 2^-bits of the unit. The fraction keeps slots narrow down to one unit,
 * and moves no power of two: floor(2^bits * t) >= 2^(bits + k) just when t >= 2^k.
 */
static inline __attribute__((always_inline)) __u64 in_unit(__u64 ns, __u32 unit, __u32 bits)
{
	/* The division by 1000 of 32 bits as a multiplication (Granlund and Montgomery): a division
	 * costs ten times that. */
	if (unit == UNIT_USECS && (ns << bits) >> 32 == 0)
		return ((ns << bits) * 274877907) >> 38;
	if (unit == UNIT_USECS)
		return (ns << bits) / 1000;
	if (unit == UNIT_MSECS)
		return (ns << bits) / 1000000;
	return ns;
}

static inline __attribute__((always_inline)) __u32 slot_of(__u64 value, __u32 bits)
{
	__u32 shift = floor_log2(value | (1ULL << bits)) - bits;

	return (shift << bits) + (__u32)(value >> shift);
}

#endif
