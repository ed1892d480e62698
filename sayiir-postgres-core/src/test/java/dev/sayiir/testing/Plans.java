package dev.sayiir.testing;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.proxy.ParameterSetOperation;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.jspecify.annotations.Nullable;

/** Asks the server how it executes what the code under test sends, with the values that it sends. */
public final class Plans {

    private Plans() {}

    /**
     * @param dataSource leads to the database, as a superuser
     * @param work what to explain
     * @return for each statement, in order, its plan and those of all statements in the functions that it calls
     */
    public static List<String> of(DataSource dataSource, Consumer<DataSource> work) {
        Logged logged = new Logged();
        work.accept(ProxyDataSourceBuilder.create(dataSource).listener(logged).build());
        return logged.plans;
    }

    /**
     * A plan of one statement.
     *
     * @param cost what the server thinks it costs, by which it decides whether to compile it
     * @param text the statement and the plan
     */
    public record Plan(double cost, String text) {

        private static final Pattern START = Pattern.compile("(?m)^duration: ");
        private static final Pattern COST = Pattern.compile("\\(cost=[0-9.]+\\.\\.([0-9.]+) rows=");

        private static Stream<Plan> allIn(String logged) {
            return START.splitAsStream(logged).filter(not(String::isBlank)).map(Plan::of);
        }

        private static Plan of(String text) {
            Matcher root = COST.matcher(text);
            assertThat(root.find()).as(text).isTrue();
            return new Plan(Double.parseDouble(root.group(1)), text);
        }
    }

    /**
     * @param dataSource leads to the database, as a superuser
     * @param work what to explain
     * @return the plan of each statement, and of each that is in a function, in the order in which they end
     */
    public static List<Plan> ofEach(DataSource dataSource, Consumer<DataSource> work) {
        return of(dataSource, work).stream().flatMap(Plan::allIn).toList();
    }

    /**
     * @param dataSource leads to the database
     * @param work what to explain; each statement is executed twice, to count the pages that it reads
     * @return the plan of each statement with its buffers, in order
     */
    public static List<String> withBuffers(DataSource dataSource, Consumer<DataSource> work) {
        Analyzed analyzed = new Analyzed(dataSource);
        work.accept(ProxyDataSourceBuilder.create(dataSource).listener(analyzed).build());
        return analyzed.plans;
    }

    /** Has the server's own module send the plans of all that a statement runs along with its result. */
    private static final class Logged implements QueryExecutionListener {

        private final List<String> plans = new ArrayList<>();

        @Override
        public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            try (Statement statement = execution.getStatement().getConnection().createStatement()) {
                statement.execute("""
                        LOAD 'auto_explain';
                        SET auto_explain.log_min_duration = 0;
                        SET auto_explain.log_nested_statements = on;
                        SET auto_explain.log_level = notice
                        """);
            } catch (SQLException e) {
                throw new AssertionError("Cannot have the plans sent", e);
            }
        }

        @Override
        public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            if (inBackground(queries.get(0))) {
                return;
            }
            Statement explained = execution.getStatement();
            try (Statement next = explained.getConnection().createStatement()) {
                next.execute(
                        "SET auto_explain.log_min_duration = -1"); // only then is a statement over in a transaction
                String plan = text(explained.getWarnings()) + text(next.getWarnings());
                assertThat(plan).as(queries.get(0).getQuery()).contains("Query Text");
                plans.add(plan);
            } catch (SQLException e) {
                throw new AssertionError("Cannot read the plans", e);
            }
        }

        private static String text(@Nullable SQLWarning first) {
            StringBuilder text = new StringBuilder();
            for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
                text.append(warning.getMessage()).append('\n');
            }
            return text.toString();
        }
    }

    private static final class Analyzed implements QueryExecutionListener {

        private final DataSource dataSource;
        private final List<String> plans = new ArrayList<>();

        private Analyzed(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        @Override
        public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            QueryInfo query = queries.get(0);
            if (inBackground(query)) {
                return;
            }
            try (Connection connection = dataSource.getConnection();
                    PreparedStatement statement = connection.prepareStatement(
                            "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) " + query.getQuery())) {
                for (ParameterSetOperation parameter : query.getParametersList().get(0)) {
                    parameter.getMethod().invoke(statement, parameter.getArgs());
                }
                plans.add(lines(statement.executeQuery()));
            } catch (Exception e) {
                throw new AssertionError("Cannot explain " + query.getQuery(), e);
            }
        }

        @Override
        public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

        private static String lines(ResultSet rows) throws SQLException {
            StringBuilder lines = new StringBuilder();
            while (rows.next()) {
                lines.append(rows.getString(1)).append('\n');
            }
            return lines.toString();
        }
    }

    /** Whether it is sent whenever it comes. */
    private static boolean inBackground(QueryInfo query) {
        return query.getQuery().contains("pg_notify");
    }
}
