//! The kernel's name for a system call becomes its number on this architecture.
//!
//! In: a name from `syscalls.toml`. Out: the number, or nothing where the architecture has no such call.
//! Deliberately absent: any judgement about the call. Start at [`number`].

use libc::c_long;

/// Pairs the C library's constants with their names.
macro_rules! named {
    ($($constant:ident),+ $(,)?) => {
        &[$((stringify!($constant), libc::$constant)),+]
    };
}

type Named = (&'static str, c_long);

/// Calls that every 64-bit architecture has.
#[rustfmt::skip]
const EVERYWHERE: &[Named] = named![
        SYS_accept, SYS_accept4, SYS_acct, SYS_add_key, SYS_adjtimex, SYS_bind, SYS_bpf, SYS_brk, SYS_capset,
        SYS_chroot, SYS_clock_gettime, SYS_clock_nanosleep, SYS_clock_settime, SYS_clone,
        SYS_clone3, SYS_close, SYS_connect, SYS_copy_file_range, SYS_delete_module, SYS_epoll_create1, SYS_epoll_ctl,
        SYS_epoll_pwait, SYS_eventfd2, SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group,
        SYS_fallocate, SYS_fanotify_init, SYS_fchmod, SYS_fchmodat, SYS_fchown,
        SYS_fchownat, SYS_fcntl, SYS_finit_module, SYS_flock, SYS_fremovexattr, SYS_fsconfig, SYS_fsetxattr,
        SYS_fsmount, SYS_fsopen, SYS_fspick, SYS_fstat, SYS_ftruncate, SYS_futex, SYS_get_mempolicy, SYS_getcwd,
        SYS_getdents64, SYS_getpeername, SYS_getpid, SYS_getrandom,
        SYS_getsockname, SYS_getsockopt, SYS_gettid, SYS_getuid, SYS_init_module, SYS_inotify_init1,
        SYS_io_uring_enter, SYS_io_uring_register, SYS_io_uring_setup, SYS_ioctl, SYS_kcmp, SYS_kexec_load, SYS_landlock_add_rule, SYS_landlock_create_ruleset, SYS_landlock_restrict_self,
        SYS_keyctl, SYS_kill, SYS_linkat, SYS_listen, SYS_lremovexattr, SYS_lseek, SYS_lsetxattr, SYS_madvise,
        SYS_mbind, SYS_memfd_create, SYS_memfd_secret, SYS_mincore, SYS_mkdirat, SYS_mknodat,
        SYS_mlock, SYS_mmap, SYS_mount, SYS_mount_setattr, SYS_move_mount, SYS_mprotect, SYS_mq_open, SYS_mremap,
        SYS_msgrcv, SYS_msgsnd, SYS_munlock, SYS_munmap, SYS_name_to_handle_at, SYS_newfstatat,
        SYS_open_by_handle_at, SYS_open_tree, SYS_openat, SYS_openat2, SYS_perf_event_open, SYS_personality,
        SYS_pidfd_getfd, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_pipe2, SYS_pivot_root, SYS_pkey_mprotect,
        SYS_ppoll, SYS_prctl, SYS_pread64, SYS_prlimit64, SYS_process_madvise, SYS_process_vm_readv,
        SYS_process_vm_writev, SYS_ptrace, SYS_pwrite64, SYS_pwritev2, SYS_quotactl, SYS_read, SYS_readlinkat,
        SYS_reboot, SYS_recvfrom, SYS_recvmmsg, SYS_recvmsg, SYS_removexattr, SYS_renameat, SYS_renameat2,
        SYS_request_key, SYS_restart_syscall, SYS_rseq, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigqueueinfo,
        SYS_rt_sigreturn, SYS_rt_tgsigqueueinfo, SYS_sched_get_priority_max, SYS_sched_get_priority_min,
        SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_yield, SYS_seccomp,
        SYS_semget, SYS_sendfile, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_set_robust_list, SYS_setdomainname,
        SYS_setfsuid, SYS_setgid, SYS_setgroups, SYS_sethostname, SYS_setns, SYS_setpriority, SYS_setresuid,
        SYS_setsockopt, SYS_settimeofday, SYS_setuid, SYS_setxattr, SYS_shmat, SYS_shmget, SYS_shutdown,
        SYS_sigaltstack, SYS_socket, SYS_socketpair, SYS_splice, SYS_statx, SYS_swapoff, SYS_swapon, SYS_symlinkat,
        SYS_syslog, SYS_tgkill, SYS_tkill, SYS_truncate, SYS_umount2, SYS_uname, SYS_unlinkat,
        SYS_unshare, SYS_userfaultfd, SYS_utimensat, SYS_write, SYS_writev,
];

/// Calls that only the older x86-64 table has.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const ONLY_HERE: &[Named] = named![
        SYS_chmod, SYS_chown, SYS_creat, SYS_epoll_wait, SYS_fork, SYS_futimesat, SYS_lchown, SYS_link,
        SYS_lstat, SYS_mkdir, SYS_mknod, SYS_open, SYS_poll, SYS_readlink, SYS_rename, SYS_rmdir, SYS_stat,
        SYS_symlink, SYS_unlink, SYS_utime, SYS_utimes, SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const ONLY_HERE: &[Named] = &[];

/// Calls too new for the C library's constants; from number 424 on, all architectures share one table.
const NEWEST: &[Named] = &[
    ("SYS_fchmodat2", 452),
    ("SYS_file_setattr", 469),
    ("SYS_removexattrat", 466),
    ("SYS_setxattrat", 463),
];

/// The number of `call` on this architecture.
pub fn number(call: &str) -> Option<c_long> {
    [EVERYWHERE, ONLY_HERE, NEWEST]
        .into_iter()
        .flatten()
        .find(|(name, _)| name.strip_prefix("SYS_") == Some(call))
        .map(|(_, number)| *number)
}
