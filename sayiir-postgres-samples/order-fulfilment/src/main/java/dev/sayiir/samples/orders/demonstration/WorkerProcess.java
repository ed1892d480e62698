package dev.sayiir.samples.orders.demonstration;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The application in a process of its own, with a worker and without a web interface. It ends with this process.
 *
 * @param workerId under which name it claims tasks
 * @param process the process
 */
record WorkerProcess(String workerId, Process process) {

    static WorkerProcess start(String workerId, Run run, DatabaseSettings database, List<String> springArguments)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(workerId, run, springArguments))
                .redirectErrorStream(true)
                .redirectOutput(run.logs().resolve(workerId + ".log").toFile());
        builder.environment().putAll(database.environment());
        return new WorkerProcess(workerId, builder.start());
    }

    private static List<String> command(String workerId, Run run, List<String> springArguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // It lives for seconds: start fast and stay small.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m"));
        command.addAll(application());
        command.addAll(List.of("--serve", "--end-with-parent"));
        Map<String, String> settings = settings(workerId, run);
        springArguments.forEach(argument -> settings.remove(Options.name(argument)));
        settings.forEach((name, value) -> command.add("--" + name + "=" + value));
        command.addAll(springArguments);
        return command;
    }

    private static List<String> application() {
        String classPath = System.getProperty("java.class.path");
        URL location = Launcher.class.getProtectionDomain().getCodeSource().getLocation();
        boolean insideExecutableJar = !location.getProtocol().equals("file");
        return insideExecutableJar ? List.of("-jar", classPath) : List.of("-cp", classPath, Launcher.class.getName());
    }

    private static Map<String, String> settings(String workerId, Run run) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.main.web-application-type", "none");
        settings.put("spring.main.keep-alive", "true");
        settings.put("spring.datasource.hikari.data-source-properties.ApplicationName", run.name());
        // The front desk has set up both schemas.
        settings.put("spring.flyway.enabled", "false");
        settings.put("sayiir.postgres.migration.mode", "none");
        settings.put("sayiir.postgres.worker.worker-id", workerId);
        settings.put("sayiir.postgres.worker.concurrency", "8");
        settings.put("sayiir.postgres.worker.batch-size", "8");
        settings.put("orders.take-from-file", "false");
        settings.put("orders.approval-timeout", "5s");
        return settings;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it with SIGKILL: it gets to do nothing more. Waits until it is gone. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Asks it to stop, and waits for a while. */
    void stop() {
        process.destroy();
        try {
            if (process.waitFor(5, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
    }
}
