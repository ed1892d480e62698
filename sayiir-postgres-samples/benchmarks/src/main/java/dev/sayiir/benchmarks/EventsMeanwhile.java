package dev.sayiir.benchmarks;

import dev.sayiir.workflow.Payload;
import org.HdrHistogram.Recorder;

/** Sends every instance an event while workers are at them: some wait for it already, others find it when they get there. */
final class EventsMeanwhile implements Work {

    private static final Payload PAYLOAD = Payload.utf8('"' + Bytes.jsonText(Steps.PAYLOAD_BYTES) + '"');

    private final WorkerRun workers;
    private final ClosedLoop sender;

    EventsMeanwhile(WorkerRun workers, Target target, Load load, String event, String prefix, int instances) {
        this.workers = workers;
        // Few enough to leave connections to the workers.
        Load senders = new Load(Math.max(1, load.concurrency() / 4), instances, 1, load.limit());
        this.sender = new ClosedLoop(senders, instances, (number, timer) -> {
            timer.time(() -> target.backend().sendEvent(prefix + number, event, PAYLOAD));
            return 1;
        });
    }

    @Override
    public long run(Recorder latencies) throws Exception {
        workers.begin(latencies);
        sender.run(new Recorder(1));
        return workers.await();
    }

    @Override
    public Usage withOtherProcesses(Usage used) {
        return workers.withOtherProcesses(used);
    }

    @Override
    public void close() {
        sender.close();
        workers.close();
    }
}
