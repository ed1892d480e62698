package dev.sayiir.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Counts statements while it is told to. Else its connections are the pool's own, and cost nothing extra. */
final class CountingDataSource extends DelegatingDataSource {

    private final LongAdder statements = new LongAdder();
    private final DataSource counted;
    private volatile boolean counting;

    CountingDataSource(DataSource pool) {
        super(pool);
        this.counted = ProxyDataSourceBuilder.create(pool)
                .listener(new QueryExecutionListener() {
                    @Override
                    public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

                    @Override
                    public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
                        statements.add(queries.size());
                    }
                })
                .build();
    }

    @Override
    public Connection getConnection() throws SQLException {
        return counting ? counted.getConnection() : super.getConnection();
    }

    void count(boolean on) {
        counting = on;
    }

    /** How many statements were counted since it was made. */
    long statements() {
        return statements.sum();
    }
}
