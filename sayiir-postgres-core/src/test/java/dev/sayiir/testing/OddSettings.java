package dev.sayiir.testing;

import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What a role or a database may be set to that is nobody's mistake, though it is not the default. */
public final class OddSettings {

    /** Each by itself, on PostgreSQL 17. */
    public static final List<String> EACH = List.of(
            "array_nulls = off",
            "backslash_quote = off",
            "bytea_output = escape",
            "check_function_bodies = off",
            "client_encoding = LATIN1",
            "client_min_messages = debug1",
            "datestyle = 'SQL, DMY'",
            "debug_parallel_query = on",
            "default_transaction_deferrable = on",
            "enable_indexscan = off",
            "extra_float_digits = -15",
            "idle_in_transaction_session_timeout = '30s'",
            "intervalstyle = sql_standard",
            "jit_above_cost = 0",
            "lock_timeout = '30s'",
            "plan_cache_mode = force_custom_plan",
            "plpgsql.extra_errors = 'all'",
            "plpgsql.variable_conflict = use_column",
            "plpgsql.variable_conflict = use_variable",
            "quote_all_identifiers = on",
            "row_security = off",
            "search_path = ''",
            "search_path = nowhere, public",
            "session_replication_role = local",
            "standard_conforming_strings = off",
            "statement_timeout = '30s'",
            "synchronous_commit = off",
            "timezone = 'Asia/Kathmandu'",
            "transaction_timeout = '30s'",
            "transform_null_equals = on",
            "xmloption = document");

    /** What could change the meaning of a statement or a value. */
    private static final List<String> TOGETHER = List.of(
            "array_nulls = off",
            "bytea_output = escape",
            "datestyle = 'SQL, DMY'",
            "default_transaction_deferrable = on",
            "extra_float_digits = -15",
            "intervalstyle = sql_standard",
            "plan_cache_mode = force_custom_plan",
            "plpgsql.extra_errors = 'all'",
            "plpgsql.variable_conflict = use_column",
            "quote_all_identifiers = on",
            "search_path = ''",
            "standard_conforming_strings = off",
            "timezone = 'Asia/Kathmandu'",
            "transform_null_equals = on");

    private OddSettings() {}

    /** @param database which is to have many of them, for whoever connects from now on */
    public static void together(Database database) {
        TOGETHER.forEach(setting -> set(database, setting));
    }

    /**
     * @param database which is to have a setting, for whoever connects from now on
     * @param setting such as {@code timezone = 'Asia/Kathmandu'}
     */
    public static void set(Database database, String setting) {
        try (SingleConnectionDataSource once =
                new SingleConnectionDataSource(database.url(), database.username(), database.password(), true)) {
            new JdbcTemplate(once).execute("ALTER DATABASE " + database.name() + " SET " + setting);
        }
    }
}
