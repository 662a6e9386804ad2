// As spin.c, in Go: another calling convention, and a stack that does not begin in libc.
package main

import (
	"math/rand"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

const clockThreadCPU = 3

var sink uint64

func cpuNs() int64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

//go:noinline
func hot(times int) {
	for i := 0; i < times; i++ {
		sink = sink*6364136223846793005 + 1
	}
}

//go:noinline
func cold(times int) {
	for i := 0; i < times; i++ {
		sink = sink*6364136223846793005 + 3
	}
}

func main() {
	runtime.LockOSThread()
	var spentHot, spentCold int64
	for at := 1; ; at++ {
		times := 100000 + rand.Intn(200000)
		begun := cpuNs()
		hot(times * 7 / 5)
		middle := cpuNs()
		cold(times * 3 / 5)
		end := cpuNs()
		spentHot += middle - begun
		spentCold += end - middle
		if at%16 == 0 {
			line := "spent " + strconv.FormatInt(spentHot, 10) + " " + strconv.FormatInt(spentCold, 10)
			syscall.Write(1, []byte(line+"\n"))
		}
	}
}
