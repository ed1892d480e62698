package dev.sayiir.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Another JVM with the class path of this one, small and quick to start. It ends with this one, however that ends: its
 * main method has to begin with {@link #endWithParent}.
 */
public final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final Path log;

    private ChildJvm(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * @param main what to run
     * @param log where its output goes
     * @param arguments for its main method
     * @return the JVM, which has been started
     */
    public static ChildJvm start(Class<?> main, Path log, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
        command.addAll(List.of(arguments));
        try {
            return new ChildJvm(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start(),
                    log);
        } catch (IOException e) {
            throw new UncheckedIOException("No JVM for " + main.getName(), e);
        }
    }

    /** For the child: halts it when its parent lets go of the pipe that is its input, by ending if in no other way. */
    public static void endWithParent() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // The parent says nothing.
                        }
                    } catch (IOException e) {
                        // The pipe is broken, and that is the sign.
                    }
                    Runtime.getRuntime().halt(1);
                },
                "end-with-parent");
        watch.setDaemon(true);
        watch.start();
    }

    /** @return what it has printed so far */
    public List<String> output() {
        try {
            return Files.readAllLines(log);
        } catch (IOException e) {
            throw new UncheckedIOException("The output of a JVM is lost", e);
        }
    }

    /**
     * Tells it something, if it listens to its input instead of {@link #endWithParent}; it has to halt when that ends.
     *
     * @param line what to tell it
     */
    public void say(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("A JVM does not listen; its output is " + output(), e);
        }
    }

    /** @return whether it runs */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Stops it where it is, as SIGSTOP does, and lets it go on after a while, whatever becomes of this JVM until then.
     *
     * @param time how long it stands still
     * @return ends when it goes on again
     */
    public CompletableFuture<Process> standStill(Duration time) {
        String pid = Long.toString(process.pid());
        try {
            return new ProcessBuilder(
                            "sh",
                            "-c",
                            "kill -STOP " + pid + "; sleep " + time.toMillis() / 1_000.0 + "; kill -CONT " + pid)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .onExit();
        } catch (IOException e) {
            throw new UncheckedIOException("A JVM cannot be stopped", e);
        }
    }

    /** Kills it, as a crash or the kernel does: it gets to do nothing more. Waits until it is gone. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
