package dev.sayiir.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program that is interrupted when it is closed, or when this JVM ends, however that ends. */
final class BoundProcess implements AutoCloseable {

    /** Its input ends with this JVM. */
    private static final List<String> WITH_PARENT = List.of("sh", "-c", """
            "$@" &
            cat
            kill -INT $!
            wait
            """, "sh");

    private final Process process;

    private BoundProcess(Process process) {
        this.process = process;
    }

    /**
     * @param folder where it runs
     * @param log what its output is added to
     * @param as what runs it as another user, such as {@code runuser -u postgres --}; empty for the user of this JVM
     * @param command the program and its arguments
     */
    static BoundProcess start(Path folder, Path log, List<String> as, List<String> command) throws IOException {
        List<String> whole = new ArrayList<>(as);
        whole.addAll(WITH_PARENT);
        whole.addAll(command);
        return new BoundProcess(new ProcessBuilder(whole)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until it has ended. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            process.waitFor();
        } catch (IOException e) {
            process.descendants().forEach(ProcessHandle::destroy);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
