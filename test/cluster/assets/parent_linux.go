package main

import (
	"os"
	"syscall"
)

// With KITE_CLUSTER_DIES_WITH_PARENT set, the kernel ends this process with the thread that started it: a test run that
// is killed outright cleans up nothing. It stands in init because the setting is the thread's, and init runs on the
// main thread, which lives as long as the process.
func init() {
	if os.Getenv("KITE_CLUSTER_DIES_WITH_PARENT") != "" {
		_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	}
}
