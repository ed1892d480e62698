package dev.sayiir.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.worker.TaskWorker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * A process with one worker. It is told on its standard input how to connect, when to begin and when to stop, and says on
 * its standard output when it is ready and what it has done. When its input ends, so does it.
 */
final class WorkerProcess {

    static final String READY = "ready";
    static final String GO = "go";
    static final String STOP = "stop";

    private WorkerProcess() {}

    /**
     * What it has done.
     *
     * @param committed how many tasks
     * @param cpuNanos CPU time that took
     * @param allocatedBytes what it allocated
     * @param flushes transactions that were needed to count transactions
     * @param latencies of its tasks
     */
    record Report(long committed, double cpuNanos, double allocatedBytes, int flushes, Histogram latencies) {

        String toLine() {
            ByteBuffer buffer = ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
            int length = latencies.encodeIntoByteBuffer(buffer);
            byte[] encoded = new byte[length];
            buffer.flip().get(encoded);
            return committed + " " + cpuNanos + " " + allocatedBytes + " " + flushes + " "
                    + Base64.getEncoder().encodeToString(encoded);
        }

        static Report ofLine(String line) {
            String[] parts = line.split(" ", -1);
            ByteBuffer encoded = ByteBuffer.wrap(Base64.getDecoder().decode(parts[4]));
            return new Report(
                    Long.parseLong(parts[0]),
                    Double.parseDouble(parts[1]),
                    Double.parseDouble(parts[2]),
                    Integer.parseInt(parts[3]),
                    Histogram.decodeFromByteBuffer(encoded, 1));
        }
    }

    /**
     * Is one worker.
     *
     * @param args name of the workflow, concurrency, notify mode, schema
     * @throws Exception if it cannot connect
     */
    public static void main(String[] args) throws Exception {
        Flow flow = Flows.all().stream()
                .filter(it -> it.name().equals(args[0]))
                .findFirst()
                .orElseThrow();
        int concurrency = Integer.parseInt(args[1]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Address address = new Address(in.readLine(), in.readLine(), in.readLine());
        try (Database database = Database.open(address, concurrency + 2);
                Target target = Target.of(database, NotifyMode.valueOf(args[2])).inSchema(args[3])) {
            work(target, flow, concurrency, in);
        }
    }

    /** Works for as long as it is told to, as often as it is told to. */
    private static void work(Target target, Flow flow, int concurrency, BufferedReader in) throws Exception {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        say(READY);
        while (expect(in, GO)) {
            Recorder latencies = new Recorder(3);
            CommittedTasks committed = new CommittedTasks(Long.MAX_VALUE);
            committed.recordTo(latencies);
            Allocations before = Allocations.now();
            long cpuBefore = system.getProcessCpuTime();
            try (TaskWorker worker = LocalWorker.worker(target, flow, concurrency, committed)) {
                worker.start();
                if (!expect(in, STOP)) {
                    return;
                }
                double cpu = system.getProcessCpuTime() - cpuBefore;
                double bytes = Allocations.now().since(before);
                int flushes = target.database().flushCounts();
                say(new Report(committed.committed(), cpu, bytes, flushes, latencies.getIntervalHistogram()).toLine());
            }
        }
    }

    /** False if whoever started this process is gone. */
    private static boolean expect(BufferedReader in, String word) throws IOException {
        String line = in.readLine();
        if (line != null && !line.equals(word)) {
            throw new IOException("Told '" + line + "' instead of '" + word + "'");
        }
        return line != null;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
