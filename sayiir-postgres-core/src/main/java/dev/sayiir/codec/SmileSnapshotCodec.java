package dev.sayiir.codec;

import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.dataformat.smile.SmileFactory;
import tools.jackson.dataformat.smile.SmileWriteFeature;

/**
 * The structure of {@link JsonSnapshotCodec} in Smile, Jackson's binary JSON: payloads as they are, names and ids once
 * each, so that blobs are smaller and faster to write and to read. Immutable; several threads use it at once.
 *
 * <p>Sayiir's Rust implementation does not read it.
 */
public final class SmileSnapshotCodec extends StreamingCodec {

    /** Makes the codec; it has no settings. */
    public SmileSnapshotCodec() {
        super(SMILE_ID, "smile", "Smile");
    }

    @Override
    TokenStreamFactory factory() {
        return Format.FACTORY;
    }

    private static final class Format {

        static final TokenStreamFactory FACTORY = SmileFactory.builder()
                .streamReadConstraints(readConstraints())
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                // A table of names that all readers share costs more than it saves once ids differ from blob to blob.
                .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
                .disable(SmileWriteFeature.ENCODE_BINARY_AS_7BIT)
                .enable(SmileWriteFeature.CHECK_SHARED_NAMES)
                .enable(SmileWriteFeature.CHECK_SHARED_STRING_VALUES)
                .build();
    }
}
