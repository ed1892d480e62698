package dev.sayiir.benchmarks;

import dev.sayiir.benchmarks.WorkerProcess.Report;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.Recorder;

/** Workers in processes of their own, which share the tasks by claiming them. */
final class WorkerProcesses implements WorkerRun {

    private static final long LOOK_MILLIS = 10;

    private record Child(Process process, BufferedReader out, BufferedWriter in) {

        void tell(String line) throws IOException {
            in.write(line);
            in.newLine();
            in.flush();
        }

        String hear() throws IOException {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("Worker process " + process.pid() + " has ended; what it said is above");
            }
            return line;
        }
    }

    private final Target target;
    private final Flow flow;
    private final Load load;
    private final List<Child> children = new ArrayList<>();
    private final List<Report> reports = new ArrayList<>();
    private Recorder latencies = new Recorder(1);

    private WorkerProcesses(Target target, Flow flow, Load load) {
        this.target = target;
        this.flow = flow;
        this.load = load;
    }

    /** Starts the processes, and waits until they are ready. */
    static WorkerProcesses start(Target target, Flow flow, Load load) throws IOException {
        WorkerProcesses all = new WorkerProcesses(target, flow, load);
        try {
            for (int i = 0; i < load.processes(); i++) {
                all.children.add(all.child());
            }
            for (Child child : all.children) {
                child.hear();
            }
            return all;
        } catch (IOException | RuntimeException e) {
            all.close();
            throw e;
        }
    }

    private Child child() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        WorkerProcess.class.getName(),
                        flow.name(),
                        Integer.toString(Math.max(1, load.concurrency() / load.processes())),
                        target.notifyMode().name(),
                        target.schema())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Child child = new Child(
                process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)));
        child.tell(target.database().address().url());
        child.tell(target.database().address().user());
        child.tell(target.database().address().password());
        return child;
    }

    @Override
    public void begin(Recorder recorder) throws IOException {
        latencies = recorder;
        reports.clear();
        for (Child child : children) {
            child.tell(WorkerProcess.GO);
        }
    }

    @Override
    public long await() throws Exception {
        long end = System.nanoTime() + load.limit().toNanos();
        while (hasOpenTasks()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("Not done within " + load.limit()
                        + ". Give it more time (--limit) or less to do (--operations)");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        for (Child child : children) {
            child.tell(WorkerProcess.STOP);
        }
        long committed = 0;
        for (Child child : children) {
            Report report = Report.ofLine(child.hear());
            reports.add(report);
            committed += report.committed();
            for (HistogramIterationValue value : report.latencies().recordedValues()) {
                latencies.recordValueWithCount(value.getValueIteratedTo(), value.getCountAddedInThisIterationStep());
            }
        }
        return committed;
    }

    private boolean hasOpenTasks() throws Exception {
        String sql = "SELECT EXISTS (SELECT FROM " + target.schema() + ".sayiir_task_claims"
                + " WHERE definition_hash = '" + flow.name() + "')";
        return target.database().row(sql).get(0).equals("t");
    }

    @Override
    public Usage withOtherProcesses(Usage used) {
        Usage all = used;
        for (Report report : reports) {
            all = all.plus(report.cpuNanos(), report.allocatedBytes()).withoutCommits(report.flushes());
        }
        return all;
    }

    /** Each ends when its input does; one that does not is killed. */
    @Override
    public void close() {
        for (Child child : children) {
            try {
                child.in().close();
                if (!child.process().waitFor(10, TimeUnit.SECONDS)) {
                    child.process().destroyForcibly();
                }
            } catch (IOException e) {
                // It has ended already, or will not hear of the end of its input.
                child.process().destroyForcibly();
            } catch (InterruptedException e) {
                child.process().destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
