package pgtest

import "syscall"

// memory returns a folder that is kept in memory, or "" where that is small. Each
// database is hundreds of files, and ext4 takes long to make some where others
// were just deleted.
func memory() string {
	const dir, tmpfs, enough = "/dev/shm", 0x01021994, 4 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Type != tmpfs || int64(fs.Bavail)*fs.Bsize < enough {
		return ""
	}
	return dir
}
