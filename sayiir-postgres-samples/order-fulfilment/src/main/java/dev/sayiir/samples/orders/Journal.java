package dev.sayiir.samples.orders;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * The outside world's own record of what was done to it, in a file: it tells what really ran, whatever the checkpoints
 * say. Each life appends to it.
 */
final class Journal {

    private final Path file;
    private final JsonMapper mapper;

    Journal(Path file, JsonMapper mapper) {
        this.file = file;
        this.mapper = mapper;
    }

    record Entry(int life, Effect effect) {}

    void append(Entry entry) {
        try {
            Files.writeString(
                    file,
                    mapper.writeValueAsString(entry) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("The journal " + file + " cannot be written", e);
        }
    }

    List<Entry> entries() {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> mapper.readValue(line, Entry.class))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("The journal " + file + " cannot be read", e);
        }
    }
}
