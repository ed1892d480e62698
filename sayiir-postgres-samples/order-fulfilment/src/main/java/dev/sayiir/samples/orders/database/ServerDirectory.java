package dev.sayiir.samples.orders.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * Where one embedded server keeps its data, and beside it a note that this process holds a lock on. A process that is
 * killed leaves its server running but not the lock, so that the next one knows what to clear up.
 */
final class ServerDirectory {

    private static final String NOTE = ".owner";
    private static final Set<Path> OWN_NOTES = ConcurrentHashMap.newKeySet();

    private final Path data;
    private final Path note;
    private final FileChannel lockedNote;

    private ServerDirectory(Path data, Path note, FileChannel lockedNote) {
        this.data = data;
        this.note = note;
        this.lockedNote = lockedNote;
    }

    /** Makes a directory, after removing what a killed process has left. */
    @SuppressWarnings({"resource", "try"
    }) // the lock goes with its channel, which is closed when the directory is deleted
    static ServerDirectory create(Path anyHome) throws IOException {
        // Notes are compared by their paths, and servers found by the path that they were started with.
        Path home = anyHome.toAbsolutePath().normalize();
        Files.createDirectories(home);
        try (FileChannel turn = open(home.resolve("turn"));
                FileLock ourTurn = turn.lock()) {
            removeStrays(home);
            String name = "data-" + UUID.randomUUID();
            Path note = home.resolve(name + NOTE);
            FileChannel lockedNote = open(note);
            lockedNote.lock();
            OWN_NOTES.add(note);
            return new ServerDirectory(home.resolve(name), note, lockedNote);
        }
    }

    Path data() {
        return data;
    }

    /** To be called when the server has stopped. */
    void delete() throws IOException {
        FileSystemUtils.deleteRecursively(data);
        Files.deleteIfExists(note);
        lockedNote.close();
        OWN_NOTES.remove(note);
    }

    /** Not this process's own: to open and close such a note would let go of its lock. */
    private static void removeStrays(Path home) throws IOException {
        for (Path note : notes(home)) {
            try (FileChannel channel = open(note);
                    FileLock lock = channel.tryLock()) {
                if (lock != null) {
                    String file = note.getFileName().toString();
                    Path data = home.resolve(file.substring(0, file.length() - NOTE.length()));
                    ServerProcess.of(data).ifPresent(ServerProcess::stop);
                    FileSystemUtils.deleteRecursively(data);
                    Files.deleteIfExists(note);
                }
            }
        }
    }

    private static List<Path> notes(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.toString().endsWith(NOTE) && !OWN_NOTES.contains(file))
                    .toList();
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
