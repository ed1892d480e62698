package dev.sayiir.samples.orders.database;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A JVM of its own. Its output is read through a pipe, for Surefire talks over standard output. */
public final class JavaProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private JavaProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** A main class of ours. */
    public static JavaProcess start(Path workingDirectory, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return start(workingDirectory, command.toArray(String[]::new));
    }

    /** Java with these arguments, and with a target folder below the working directory, as Maven has it. */
    public static JavaProcess start(Path workingDirectory, String... arguments) throws IOException {
        Files.createDirectories(workingDirectory.resolve("target"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(List.of(arguments));
        return new JavaProcess(new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .start());
    }

    public Process process() {
        return process;
    }

    public String line() {
        try {
            return output.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String remainingOutput() {
        return output.lines().collect(Collectors.joining("\n"));
    }

    /** Asks it to end, which gives it time to end what it has started, and makes it end if it does not. */
    @Override
    public void close() {
        process.destroy();
        try {
            process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            process.destroyForcibly().onExit().join();
        }
    }
}
