package dev.sayiir.worker;

import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.Retention;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Callers that start instances, send them events, and cancel, pause, resume and delete them; and retention. */
final class SoakLoad {

    static final String EVENT = "approved";

    private static final List<String> KINDS = List.of("steps", "fork", "wait", "limited", "delay");
    private static final int CALLERS = 3;
    private static final int MOST_OPEN = 300;
    private static final SignalRequest WHY = SignalRequest.of("soak", "ann");

    private final JdbcTemplate jdbc;
    private final PostgresBackend backend;
    private final Workflows workflows;
    private final Retention retention;
    private final long seed;
    private final AtomicLong numbers = new AtomicLong();
    private final List<String> started = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> cancelled = ConcurrentHashMap.newKeySet();
    private final Set<String> deleted = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong purged = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile List<String> open = List.of();
    private volatile boolean ended;

    SoakLoad(DataSource dataSource, PostgresBackend backend, long seed) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.backend = backend;
        this.workflows = Workflows.of(backend);
        this.retention = Retention.builder(dataSource)
                .keepFinished(Duration.ofSeconds(5))
                .keepVersions(Duration.ofSeconds(2))
                .keepEvents(Duration.ofSeconds(2))
                .batchSize(200)
                .build();
        this.seed = seed;
    }

    static String kindOf(String instanceId) {
        return instanceId.substring(0, instanceId.indexOf('-'));
    }

    void begin() {
        for (int i = 0; i < CALLERS; i++) {
            Random random = new Random(seed + i);
            run("caller-" + i, Duration.ofMillis(2), () -> call(random));
        }
        run(
                "retention",
                Duration.ofSeconds(2),
                () -> purged.addAndGet(retention.run().instances()));
        run("count", Duration.ofMillis(200), () -> open = findOpen());
    }

    private void run(String name, Duration pause, Runnable work) {
        Thread thread = new Thread(
                () -> {
                    while (!ended) {
                        attempt(work);
                        LockSupport.parkNanos(pause.toNanos());
                    }
                },
                name);
        threads.add(thread);
        thread.start();
    }

    /** What an instance cannot do now is refused; anything else is a fault. */
    private void attempt(Runnable work) {
        try {
            operations.incrementAndGet();
            work.run();
        } catch (SayiirException e) {
            // refused, as it should be
        } catch (RuntimeException | Error e) {
            failures.add(e);
        }
    }

    private void call(Random random) {
        List<String> ids = open;
        int dice = random.nextInt(1_000);
        if (dice < 500 || ids.isEmpty()) {
            start(random);
            return;
        }
        String some = ids.get(random.nextInt(ids.size()));
        if (dice < 800) {
            send(some);
        } else if (dice < 803) {
            cancelled.add(some);
            workflows.cancel(some, WHY);
        } else if (dice < 850) {
            workflows.pause(some, WHY);
        } else if (dice < 998) {
            workflows.resume(some);
        } else {
            deleted.add(some);
            backend.deleteSnapshot(some);
        }
    }

    private void start(Random random) {
        if (open.size() >= MOST_OPEN) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            return;
        }
        String id = KINDS.get(random.nextInt(KINDS.size())) + "-" + numbers.incrementAndGet();
        TaskPriority priority = TaskPriority.values()[random.nextInt(TaskPriority.values().length)];
        workflows.start(SoakProcess.WORKFLOW, id, "in", instance -> instance.taskPriority(priority));
        started.add(id);
    }

    /** As senders do that may come twice. */
    private void send(String instanceId) {
        workflows.sendEvent(instanceId, EVENT, 1, instanceId);
    }

    private List<String> findOpen() {
        List<String> found = new ArrayList<>(find(WorkflowStatus.IN_PROGRESS));
        found.addAll(find(WorkflowStatus.PAUSED));
        return found;
    }

    private List<String> find(WorkflowStatus status) {
        return jdbc.queryForList(
                "SELECT instance_id FROM sayiir.sayiir_workflows WHERE status = ?", String.class, status.text());
    }

    /** Nothing more is started, paused or deleted. */
    void end() throws InterruptedException {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Lets all go on that wait for somebody. */
    boolean isAllDone() {
        List<String> paused = find(WorkflowStatus.PAUSED);
        List<String> running = find(WorkflowStatus.IN_PROGRESS);
        paused.forEach(id -> attempt(() -> workflows.resume(id)));
        running.forEach(id -> attempt(() -> send(id)));
        return paused.isEmpty() && running.isEmpty();
    }

    List<String> started() {
        return started;
    }

    Set<String> cancelled() {
        return cancelled;
    }

    Set<String> deleted() {
        return deleted;
    }

    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    long operations() {
        return operations.get();
    }

    long purged() {
        return purged.get();
    }
}
