@testable import Holdover

/// Runs tasks only when it is told to, on the thread that tells it: after that, every task waits for something.
@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
final class TurnTaker: TaskExecutor, Sendable {
    private let ready = Guarded<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.with { $0.append(job) }
    }

    /// Runs what can run, and what can run because of that.
    func run() {
        while true {
            let jobs = ready.with { (ready: inout [UnownedJob]) -> [UnownedJob] in
                defer { ready = [] }
                return ready
            }
            if jobs.isEmpty { return }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
