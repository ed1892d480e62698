package dev.sayiir.postgres;

import java.sql.PreparedStatement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.PreparedStatementCreator;
import org.springframework.jdbc.core.PreparedStatementCreatorFactory;
import org.springframework.jdbc.core.namedparam.EmptySqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.core.namedparam.NamedParameterUtils;
import org.springframework.jdbc.core.namedparam.SqlParameterSource;

/**
 * Has {@link Params} bind themselves. The template it extends makes each statement anew in every execution, with a list of
 * values for every collection among its parameters; ours have arrays instead, so that a statement is always the same. For
 * the forty parameters of a checkpoint that was a third of the time that a client spent on it.
 */
final class ParsedOnceJdbcTemplate extends NamedParameterJdbcTemplate {

    private final Map<String, Positional> statements = new ConcurrentHashMap<>();

    ParsedOnceJdbcTemplate(JdbcOperations jdbc) {
        super(jdbc);
    }

    /** A statement with placeholders, and the names of what goes into them. */
    private record Positional(String sql, List<String> names) {

        static Positional of(String named) {
            var parsed = NamedParameterUtils.parseSqlStatement(named);
            List<String> names =
                    NamedParameterUtils.buildSqlParameterList(parsed, EmptySqlParameterSource.INSTANCE).stream()
                            .map(parameter -> Objects.requireNonNull(parameter.getName()))
                            .toList();
            return new Positional(NamedParameterUtils.substituteNamedParameters(parsed, null), names);
        }
    }

    @Override
    protected PreparedStatementCreator getPreparedStatementCreator(
            String sql, SqlParameterSource source, @Nullable Consumer<PreparedStatementCreatorFactory> customizer) {
        if (!(source instanceof Params params) || customizer != null) {
            return super.getPreparedStatementCreator(sql, source, customizer);
        }
        Positional positional = statements.computeIfAbsent(sql, Positional::of);
        return connection -> {
            PreparedStatement statement = connection.prepareStatement(positional.sql());
            params.bind(statement, positional.names());
            return statement;
        };
    }
}
