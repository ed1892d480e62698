package dev.sayiir.samples.orders;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts this application once more, as a process of its own, and stops it when told to. */
final class LifeLauncher implements AutoCloseable {

    private final Map<String, String> environment;
    private final Console console;
    private @Nullable Process running;
    private boolean closed;

    /** The environment variables are added to those that this process has. */
    LifeLauncher(Map<String, String> environment, Console console) {
        this.environment = environment;
        this.console = console;
    }

    /** Lives one life and passes on what it prints. Returns its exit code. */
    int live(RunSettings settings) throws InterruptedException {
        Process process = start(command(settings));
        try (BufferedReader output = process.inputReader(Console.CHARSET)) {
            output.lines().forEach(console::line);
        } catch (IOException | UncheckedIOException e) {
            // It was stopped while its output was being read; its exit code tells.
        }
        return process.waitFor();
    }

    private synchronized Process start(List<String> command) {
        if (closed) {
            throw new IllegalStateException("No life is started any more");
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            running = process;
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException("Java does not start once more", e);
        }
    }

    private static List<String> command(RunSettings settings) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1"); // It lives for two seconds: start fast, do not optimise.
        command.addAll(application());
        command.add("--sample.life=" + settings.life());
        command.add("--sample.run=" + settings.run());
        command.add("--sample.journal=" + settings.journal());
        command.add("--sample.crash-after=" + settings.crashAfter());
        return command;
    }

    private static List<String> application() {
        String classPath = System.getProperty("java.class.path");
        Class<?> main = OrderFulfilmentApplication.class;
        URL location = main.getProtectionDomain().getCodeSource().getLocation();
        boolean insideExecutableJar = location.getProtocol().equals("jar");
        return insideExecutableJar ? List.of("-jar", classPath) : List.of("-cp", classPath, main.getName());
    }

    /** Stops the life that is under way, if any. No other one starts after that. */
    @Override
    public synchronized void close() {
        closed = true;
        if (running == null || !running.isAlive()) {
            return;
        }
        running.destroy();
        try {
            if (!running.waitFor(5, TimeUnit.SECONDS)) {
                running.destroyForcibly();
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
