package dev.sayiir.testing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The data directory of one server, and beside it a note that this JVM holds a lock on. A JVM that is killed
 * leaves its server running, but not the lock; the next one finds that out and clears up.
 */
final class ServerDirectory {

    private static final String NOTE = ".owner";

    private static boolean cleared;

    private final Path data;
    private final Path note;
    private final FileChannel lockedNote;

    private ServerDirectory(Path data, Path note) throws IOException {
        this.data = data;
        this.note = note;
        this.lockedNote = open(note);
        lockedNote.lock();
    }

    /** Makes an empty directory; the first time in this JVM it removes what others have left. */
    static synchronized ServerDirectory create(Path home, int major) throws IOException {
        Files.createDirectories(home);
        try (FileChannel turn = open(home.resolve("turn"));
                var lock = turn.lock()) {
            // Only once: to look at a note of this JVM's own would let go of its lock.
            if (!cleared) {
                cleared = true;
                removeStrays(home);
            }
            String name = "data-" + major + "-" + UUID.randomUUID();
            return new ServerDirectory(home.resolve(name).toAbsolutePath(), home.resolve(name + NOTE));
        }
    }

    Path data() {
        return data;
    }

    /** To be called when the server has stopped and its data is gone. */
    void forget() throws IOException {
        lockedNote.close();
        Files.deleteIfExists(note);
    }

    private static void removeStrays(Path home) throws IOException {
        for (Path note : notes(home)) {
            try (FileChannel channel = open(note);
                    var lock = channel.tryLock()) {
                if (lock != null) {
                    String file = note.getFileName().toString();
                    Path data = home.resolve(file.substring(0, file.length() - NOTE.length()));
                    StrayServer.remove(data.toAbsolutePath());
                    Files.delete(note);
                }
            }
        }
    }

    private static List<Path> notes(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.toString().endsWith(NOTE)).toList();
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
