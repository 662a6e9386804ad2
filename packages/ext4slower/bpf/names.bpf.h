/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_NAMES_BPF_H
#define EXT4SLOWER_NAMES_BPF_H

#include "start.bpf.h"

/* The functions of ext4 that know a name and no open file. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct iattr {
	unsigned int ia_valid;
	__s64 ia_size;
};

#pragma clang attribute pop

#define ATTR_SIZE (1 << 3) /* linux/fs.h */

static __always_inline void on_dentry(__u32 op, struct dentry *dentry)
{
	struct start start = {.op = op, .subject = (__u64)dentry, .traits = TRAIT_DENTRY};

	if (is_wanted_dentry(dentry) && current_in_scope())
		begin_event(op, &start);
}

static __always_inline void on_rename(struct dentry *dentry, __u64 to)
{
	struct start start = {
		.op = OP_RENAME, .subject = (__u64)dentry, .to = to, .traits = TRAIT_DENTRY};

	if ((is_wanted_dentry(dentry) || is_wanted_dentry((struct dentry *)to)) &&
	    current_in_scope())
		begin_event(OP_RENAME, &start);
}

static __always_inline void on_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct start start = {
		.op = OP_TRUNCATE, .subject = (__u64)dentry, .traits = TRAIT_DENTRY | TRAIT_OFFSET};

	if (!(BPF_CORE_READ(attr, ia_valid) & ATTR_SIZE))
		return;
	start.offset = BPF_CORE_READ(attr, ia_size);
	if (is_wanted_dentry(dentry) && current_in_scope())
		begin_event(OP_TRUNCATE, &start);
}

/* From 6.15 on mkdir returns a dentry, an error in its place, or NULL (88d5baf69082). */
static __always_inline long mkdir_error(__u64 returned)
{
	if (returned >> 32 && returned < -4095ULL)
		return 0;
	return (int)returned < 0 ? (int)returned : 0;
}

#endif
