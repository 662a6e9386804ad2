/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_PATH_BPF_H
#define EXT4SLOWER_PATH_BPF_H

#include "file.bpf.h"

/*
 * Paths, read without a lock: a rename during the walk can mix two of them. They
 * begin at the root of the mount, so that no walk crosses one.
 */
#define MAX_COMPONENTS 320
#define MAX_NAME 256 /* NAME_MAX and a NUL */
#define MAX_PATH 8192
#define ROOM_FOR_PATHS 16384 /* a rename has two */
#define WALK_CUT (1 << 30)

/* Only what is, or is below, the file or directory of this device and inode. */
const volatile bool only_below = false;
const volatile __u32 below_dev = 0;
const volatile __u64 below_ino = 0;

static __always_inline bool is_named(struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);

	return inode && BPF_CORE_READ(inode, i_ino) == below_ino &&
	       BPF_CORE_READ(inode, i_sb, s_dev) == below_dev;
}

/* Global, so that the verifier walks it once and not from every caller's every state. */
__noinline int is_below(__u64 from)
{
	struct dentry *dentry = (struct dentry *)from, *parent;

	/* Before 6.8 it is verified whether anybody calls it or not. */
	if (!only_below)
		return true;
	for (int i = 0; i < MAX_COMPONENTS; i++) {
		if (is_named(dentry))
			return true;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (!parent || parent == dentry)
			return false;
		dentry = parent;
	}
	return false;
}

static __always_inline bool is_wanted_file(struct file *file)
{
	return !only_below || is_below((__u64)BPF_CORE_READ(file, f_path.dentry));
}

/* A global function takes no pointer whose type is known: that of an argument. */
static __always_inline bool is_wanted_dentry(struct dentry *dentry)
{
	return !only_below || is_named(dentry) || is_below((__u64)BPF_CORE_READ(dentry, d_parent));
}

/* Its name is gone from its directory. */
static __always_inline bool is_unlinked(struct dentry *dentry)
{
	return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

#endif
