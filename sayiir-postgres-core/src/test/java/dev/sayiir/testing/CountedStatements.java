package dev.sayiir.testing;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;

/**
 * Counts the statements that code under test sends, in whatever thread. Notifications, which are sent in a thread of their
 * own some time later, are counted by themselves.
 */
public final class CountedStatements implements QueryExecutionListener {

    private static final String NOTIFICATION = "SELECT pg_catalog.pg_notify(?, ?)";

    private final AtomicLong statements = new AtomicLong();
    private final AtomicLong notifications = new AtomicLong();
    private final DataSource dataSource;

    /** @param target leads to the database */
    public CountedStatements(DataSource target) {
        this.dataSource = ProxyDataSourceBuilder.create(target).listener(this).build();
    }

    /** @return the same database, for the code under test */
    public DataSource dataSource() {
        return dataSource;
    }

    /**
     * @param work what to count
     * @return how many statements it sent
     */
    public long during(Runnable work) {
        clear();
        work.run();
        return statements.get();
    }

    /** Begins to count anew, in the middle of the work that is counted. */
    public void clear() {
        statements.set(0);
    }

    /** @return how many statements have been sent since the count began */
    public long soFar() {
        return statements.get();
    }

    /** @return how many notifications have been sent in all */
    public long notifications() {
        return notifications.get();
    }

    @Override
    public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

    @Override
    public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
        for (QueryInfo query : queries) {
            (query.getQuery().equals(NOTIFICATION) ? notifications : statements).incrementAndGet();
        }
    }
}
