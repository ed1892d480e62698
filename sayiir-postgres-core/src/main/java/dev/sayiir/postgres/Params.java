package dev.sayiir.postgres;

import dev.sayiir.workflow.Payload;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SqlTypeValue;
import org.springframework.jdbc.core.namedparam.AbstractSqlParameterSource;

/** Named parameters that bind themselves, each with its type, so that the driver never has to ask the server for it. */
final class Params extends AbstractSqlParameterSource {

    /** Enough for a checkpoint, which has most. */
    private static final int CAPACITY = 64;

    private final Map<String, Param> values = new HashMap<>(CAPACITY);

    /** Knows which method of the statement takes it. */
    private interface Param extends SqlTypeValue {

        void bind(PreparedStatement statement, int index) throws SQLException;

        @Override
        default void setTypeValue(PreparedStatement statement, int index, int type, @Nullable String typeName)
                throws SQLException {
            bind(statement, index);
        }
    }

    static Params of(String name, String value) {
        return new Params().text(name, value);
    }

    Params text(String name, @Nullable String value) {
        return put(name, value == null ? nothing(Types.VARCHAR) : (statement, i) -> statement.setString(i, value));
    }

    Params text(String name, Optional<String> value) {
        return text(name, value.orElse(null));
    }

    Params number(String name, long value) {
        return put(name, (statement, i) -> statement.setLong(i, value));
    }

    Params number(String name, OptionalLong value) {
        return value.isPresent() ? number(name, value.getAsLong()) : put(name, nothing(Types.BIGINT));
    }

    Params flag(String name, boolean value) {
        return put(name, (statement, i) -> statement.setBoolean(i, value));
    }

    Params time(String name, Optional<Instant> value) {
        return value.isPresent() ? time(name, value.get()) : put(name, nothing(Types.TIMESTAMP_WITH_TIMEZONE));
    }

    private Params time(String name, Instant value) {
        return put(name, (statement, i) -> statement.setObject(i, value.atOffset(ZoneOffset.UTC)));
    }

    Params bytes(String name, byte @Nullable [] value) {
        return put(name, value == null ? nothing(Types.BINARY) : (statement, i) -> statement.setBytes(i, value));
    }

    Params texts(String name, Collection<? extends @Nullable String> values) {
        return array(name, "text", values.toArray(String[]::new));
    }

    Params numbers(String name, Collection<? extends @Nullable Long> values) {
        return array(name, "bigint", values.toArray(Long[]::new));
    }

    Params flags(String name, Collection<Boolean> values) {
        return array(name, "boolean", values.toArray(Boolean[]::new));
    }

    /** As microseconds since the epoch. */
    Params times(String name, Collection<? extends @Nullable Instant> values) {
        List<@Nullable Long> micros = new ArrayList<>(values.size());
        values.forEach(value -> micros.add(value == null ? null : (Long) micros(value)));
        return numbers(name, micros);
    }

    /** Rounded as the driver does it. */
    private static long micros(Instant time) {
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), (time.getNano() + 500) / 1_000);
    }

    Params payloads(String name, Collection<? extends @Nullable Payload> values) {
        byte[][] blobs = new byte[values.size()][];
        int i = 0;
        for (Payload value : values) {
            blobs[i++] = value == null ? null : value.bytes();
        }
        return array(name, "bytea", blobs);
    }

    Params blobs(String name, Collection<byte[]> values) {
        return array(name, "bytea", values.toArray(byte[][]::new));
    }

    /** An array in PostgreSQL's text form, to be an element where an array of arrays would have to be rectangular. */
    static String literal(Collection<String> elements) {
        return elements.stream()
                .map(element -> '"' + element.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    /** Most are empty: those are left to the server to find the type of, which takes the driver next to nothing. */
    private Params array(String name, String type, Object[] elements) {
        return put(
                name,
                elements.length == 0
                        ? (statement, i) -> statement.setObject(i, "{}", Types.OTHER)
                        : (statement, i) ->
                                statement.setArray(i, statement.getConnection().createArrayOf(type, elements)));
    }

    private static Param nothing(int type) {
        return (statement, i) -> statement.setNull(i, type);
    }

    private Params put(String name, Param value) {
        values.put(name, value);
        return this;
    }

    /** Binds those of the names, from the first placeholder on. */
    void bind(PreparedStatement statement, List<String> names) throws SQLException {
        for (int i = 0; i < names.size(); i++) {
            value(names.get(i)).bind(statement, i + 1);
        }
    }

    @Override
    public boolean hasValue(String name) {
        return values.containsKey(name);
    }

    @Override
    public Object getValue(String name) {
        return value(name);
    }

    private Param value(String name) {
        Param value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("No value for the parameter " + name);
        }
        return value;
    }
}
