package backup

import "syscall"

// nice is the priority of long work; people get 0.
const nice = 15

// giveWay lowers the priority of the calling thread. Linux: setpriority(2),
// "the nice value is a per-thread attribute". What is refused costs only speed.
func giveWay() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice) }
