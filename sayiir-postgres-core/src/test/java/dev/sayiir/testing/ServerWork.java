package dev.sayiir.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.jspecify.annotations.Nullable;

/**
 * How much the server does for what the code under test sends: the rows that the parts of all plans have handed on or thrown
 * away, and the pages that they touched, also in functions. Unlike times these are the same on every machine.
 *
 * @param rows how often a part of a plan has had a row in its hands
 * @param pages how many pages were touched
 */
public record ServerWork(long rows, long pages) {

    private static final Pattern NODE = Pattern.compile("actual rows=([\\d.]+) loops=(\\d+)");
    private static final Pattern REMOVED = Pattern.compile("Rows Removed by (?:Join )?Filter: ([\\d.]+)");
    private static final Pattern BUFFERS =
            Pattern.compile("Buffers: shared (?:hit=(\\d+))?(?: ?read=(\\d+))?[^,\\n]*(?:, temp read=(\\d+))?");

    /**
     * @param dataSource leads to the database, as a superuser
     * @param work what to count
     * @return what the server did for it
     */
    public static ServerWork of(DataSource dataSource, Consumer<DataSource> work) {
        Analyzed analyzed = new Analyzed();
        work.accept(ProxyDataSourceBuilder.create(dataSource).listener(analyzed).build());
        return new ServerWork(rowsOf(analyzed.plans.toString()), analyzed.pages);
    }

    private static long rowsOf(String plans) {
        double rows = 0;
        double loops = 0;
        for (String line : plans.split("\n")) {
            Matcher node = NODE.matcher(line);
            Matcher removed = REMOVED.matcher(line);
            if (node.find()) {
                loops = Double.parseDouble(node.group(2));
                rows += Double.parseDouble(node.group(1)) * loops;
            } else if (removed.find()) {
                rows += Double.parseDouble(removed.group(1)) * loops;
            }
        }
        return Math.round(rows);
    }

    /** Has the server's own module send what each plan has done along with the result. */
    private static final class Analyzed implements QueryExecutionListener {

        private final StringBuilder plans = new StringBuilder();
        private long pages;

        @Override
        public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            execute(execution, """
                    LOAD 'auto_explain';
                    SET auto_explain.log_analyze = on;
                    SET auto_explain.log_buffers = on;
                    SET auto_explain.log_timing = off;
                    SET auto_explain.log_nested_statements = on;
                    SET auto_explain.log_level = notice;
                    SET auto_explain.log_min_duration = 0
                    """);
        }

        @Override
        public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            try (Statement next = execution.getStatement().getConnection().createStatement()) {
                next.execute("SET auto_explain.log_min_duration = -1");
                note(execution.getStatement().getWarnings());
                note(next.getWarnings());
            } catch (SQLException e) {
                throw new AssertionError("Cannot read what was done", e);
            }
        }

        /** A statement's own pages include those of the functions that it calls: only the outermost one counts. */
        private void note(@Nullable SQLWarning first) {
            long outermost = 0;
            for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
                plans.append(warning.getMessage()).append('\n');
                Matcher buffers = BUFFERS.matcher(String.valueOf(warning.getMessage()));
                if (buffers.find()) {
                    outermost = number(buffers.group(1)) + number(buffers.group(2)) + number(buffers.group(3));
                }
            }
            pages += outermost;
        }

        private static long number(@Nullable String digits) {
            return digits == null ? 0 : Long.parseLong(digits);
        }

        private static void execute(ExecutionInfo execution, String sql) {
            try {
                Connection connection = execution.getStatement().getConnection();
                try (Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                }
            } catch (SQLException e) {
                throw new AssertionError("Cannot have the plans sent", e);
            }
        }
    }
}
