/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_FILE_BPF_H
#define EXT4SLOWER_FILE_BPF_H

#include "kernel.bpf.h"

/* What is read here of files and of what leads to them. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct hlist_bl_node {
	void *pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	void *mnt_userns; /* 5.12 to 6.1 */
	void *mnt_idmap;  /* from 6.2 */
};

struct mount {
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	__s64 f_pos;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

#pragma clang attribute pop

/* Of the user ABI, the same on all kernels. */
#define EXT4_MAGIC 0xef53
#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFREG 0100000
#define O_APPEND 02000

static __always_inline bool is_ext4_inode(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_sb, s_magic) == EXT4_MAGIC;
}

/* Devices, pipes and sockets have an inode of the file system that holds their name. */
static __always_inline bool is_ext4_file(struct file *file, bool or_directory)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u16 type = BPF_CORE_READ(inode, i_mode) & S_IFMT;

	return (type == S_IFREG || (or_directory && type == S_IFDIR)) && is_ext4_inode(inode);
}

/* As /proc/PID/mountinfo has it. */
static __always_inline __u32 mount_id(struct file *file)
{
	void *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = mnt - bpf_core_field_offset(struct mount, mnt);

	return BPF_CORE_READ(mount, mnt_id);
}

/* Of the current task; NULL when there is none. */
static __always_inline struct file *file_of_fd(__u32 fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), &files[fd]))
		return NULL;
	return file;
}

#endif
