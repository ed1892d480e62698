package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.codec.JsonSnapshotCodec;
import dev.sayiir.codec.SmileSnapshotCodec;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/** Which codec to write with; all others are there to read. */
final class CodecSelection {

    private static final String PROPERTY = "sayiir.postgres.codec";

    private CodecSelection() {}

    static SnapshotCodecs select(String name, DataSize maxSize, Stream<SnapshotCodec> beans) {
        List<SnapshotCodec> own = beans.filter(codec -> !isBuiltIn(codec)).toList();
        SnapshotCodec writer = find(name, own);
        SnapshotCodecs.Builder codecs = SnapshotCodecs.writing(writer);
        own.stream().filter(codec -> codec != writer).forEach(codecs::reading);
        return codecs.maxBytes(maxBytes(maxSize)).build();
    }

    private static int maxBytes(DataSize maxSize) {
        if (maxSize.toBytes() < SnapshotCodecs.MIN_MAX_BYTES || maxSize.toBytes() > Integer.MAX_VALUE) {
            throw new InvalidConfigurationPropertyValueException(
                    "sayiir.postgres.blob.max-size", maxSize, "Accepted are sizes from 4KB to 2047MB.");
        }
        return (int) maxSize.toBytes();
    }

    private static SnapshotCodec find(String name, List<SnapshotCodec> own) {
        List<SnapshotCodec> all = Stream.concat(
                        Stream.<SnapshotCodec>of(new JsonSnapshotCodec(), new SmileSnapshotCodec()), own.stream())
                .toList();
        List<SnapshotCodec> found =
                all.stream().filter(codec -> codec.name().equals(name)).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        String names = all.stream().map(SnapshotCodec::name).distinct().collect(Collectors.joining(", "));
        throw new InvalidConfigurationPropertyValueException(
                PROPERTY,
                name,
                (found.isEmpty() ? "There is no codec of that name. " : "There are several codecs of that name. ")
                        + "Accepted are json, smile and the name of a SnapshotCodec bean; that makes here: " + names
                        + ".");
    }

    private static boolean isBuiltIn(SnapshotCodec codec) {
        return codec instanceof JsonSnapshotCodec || codec instanceof SmileSnapshotCodec;
    }
}
