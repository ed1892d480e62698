package dev.sayiir.codec;

import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * Sayiir's own JSON form, byte for byte what its Rust implementation writes: readable in a database client, but three
 * and a half bytes for each byte of a payload. Immutable; several threads use it at once.
 *
 * <p>It reads what {@link SnapshotCodec} promises and refuses everything else with a {@link
 * SnapshotSerializationException} that names the place.
 */
public final class JsonSnapshotCodec extends StreamingCodec {

    /** Makes the codec; it has no settings. */
    public JsonSnapshotCodec() {
        super(JSON_ID, "json", "JSON");
    }

    @Override
    TokenStreamFactory factory() {
        return Format.FACTORY;
    }

    private static final class Format {

        static final TokenStreamFactory FACTORY = JsonFactory.builder()
                .streamReadConstraints(readConstraints())
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
                // Sayiir escapes only what JSON demands, in lower case.
                .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
                .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
                .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                .build();
    }
}
