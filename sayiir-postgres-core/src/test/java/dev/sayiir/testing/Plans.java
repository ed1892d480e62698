package dev.sayiir.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.proxy.ParameterSetOperation;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;

/** Asks the server how it executes what the code under test sends, with the values that it sends. */
public final class Plans implements QueryExecutionListener {

    private final DataSource dataSource;
    private final String explain;
    private final List<String> plans = new ArrayList<>();

    private Plans(DataSource dataSource, String explain) {
        this.dataSource = dataSource;
        this.explain = explain;
    }

    /**
     * @param dataSource leads to the database
     * @param work what to explain; it runs for real as well
     * @return the plan of each statement, in order
     */
    public static List<String> of(DataSource dataSource, Consumer<DataSource> work) {
        return explained(dataSource, "EXPLAIN ", work);
    }

    /**
     * @param dataSource leads to the database
     * @param work what to explain; each statement is executed twice, to count the pages that it reads
     * @return the plan of each statement with its buffers, in order
     */
    public static List<String> withBuffers(DataSource dataSource, Consumer<DataSource> work) {
        return explained(dataSource, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) ", work);
    }

    private static List<String> explained(DataSource dataSource, String explain, Consumer<DataSource> work) {
        Plans plans = new Plans(dataSource, explain);
        work.accept(ProxyDataSourceBuilder.create(dataSource).listener(plans).build());
        return plans.plans;
    }

    @Override
    public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
        for (QueryInfo query : queries) {
            if (query.getQuery().contains("pg_notify")) {
                continue; // sent in the background, whenever it comes
            }
            try (Connection connection = dataSource.getConnection();
                    PreparedStatement statement = connection.prepareStatement(explain + query.getQuery())) {
                for (ParameterSetOperation parameter : query.getParametersList().get(0)) {
                    parameter.getMethod().invoke(statement, parameter.getArgs());
                }
                plans.add(lines(statement.executeQuery()));
            } catch (Exception e) {
                throw new AssertionError("Cannot explain " + query.getQuery(), e);
            }
        }
    }

    @Override
    public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

    private static String lines(ResultSet rows) throws Exception {
        StringBuilder lines = new StringBuilder();
        while (rows.next()) {
            lines.append(rows.getString(1)).append('\n');
        }
        return lines.toString();
    }
}
