package dev.sayiir.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Scanner;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A process that starts as an application does, again and again. Each line that it is told is a start: URL, user, password,
 * size of the pool, and the instance to create. It answers each by a line, and halts when it is told nothing any more.
 */
final class StartingProcess {

    static final String STARTED = "started";

    private StartingProcess() {}

    public static void main(String[] args) {
        ExecutorService starts = Executors.newSingleThreadExecutor();
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextLine()) {
            String[] start = lines.nextLine().split(" ", -1);
            var unused = starts.submit(() -> System.out.println(start(start)));
        }
        Runtime.getRuntime().halt(0);
    }

    private static String start(String[] arguments) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(arguments[0]);
        config.setUsername(arguments[1]);
        config.setPassword(arguments[2]);
        config.setMaximumPoolSize(Integer.parseInt(arguments[3]));
        // As Spring Boot makes it: connects when it is first used.
        try (HikariDataSource pool = new HikariDataSource()) {
            config.copyStateTo(pool);
            PostgresBackend backend = PostgresBackend.builder(pool).build();
            backend.createSnapshot(WorkflowSnapshot.start(arguments[4], "d", Payload.utf8("in")));
            return STARTED;
        } catch (Throwable e) {
            return "failed: " + String.valueOf(e).replace('\n', ' ');
        }
    }
}
