package dev.sayiir.postgres;

import dev.sayiir.workflow.Payload;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.support.SqlArrayValue;

/** Named parameters with their types said, so that the driver never has to ask the server for them. */
final class Params extends MapSqlParameterSource {

    static Params of(String name, String value) {
        return new Params().text(name, value);
    }

    Params text(String name, @Nullable String value) {
        addValue(name, value, Types.VARCHAR);
        return this;
    }

    Params text(String name, Optional<String> value) {
        return text(name, value.orElse(null));
    }

    Params number(String name, long value) {
        addValue(name, value, Types.BIGINT);
        return this;
    }

    Params flag(String name, boolean value) {
        addValue(name, value, Types.BOOLEAN);
        return this;
    }

    Params time(String name, Optional<Instant> value) {
        addValue(name, value.map(time -> time.atOffset(ZoneOffset.UTC)).orElse(null), Types.TIMESTAMP_WITH_TIMEZONE);
        return this;
    }

    Params bytes(String name, byte @Nullable [] value) {
        addValue(name, value, Types.BINARY);
        return this;
    }

    Params texts(String name, Collection<? extends @Nullable String> values) {
        return array(name, "text", values.toArray(String[]::new));
    }

    Params numbers(String name, Collection<Long> values) {
        return array(name, "bigint", values.toArray(Long[]::new));
    }

    Params number(String name, OptionalLong value) {
        addValue(name, value.isPresent() ? value.getAsLong() : null, Types.BIGINT);
        return this;
    }

    Params flags(String name, Collection<Boolean> values) {
        return array(name, "boolean", values.toArray(Boolean[]::new));
    }

    Params payloads(String name, Collection<Payload> values) {
        return array(name, "bytea", values.stream().map(Payload::bytes).toArray(byte[][]::new));
    }

    private Params array(String name, String type, Object[] elements) {
        addValue(name, new SqlArrayValue(type, elements), Types.ARRAY);
        return this;
    }
}
