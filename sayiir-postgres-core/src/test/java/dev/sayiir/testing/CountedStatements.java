package dev.sayiir.testing;

import javax.sql.DataSource;
import net.ttddyy.dsproxy.QueryCount;
import net.ttddyy.dsproxy.listener.SingleQueryCountHolder;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;

/** Counts the statements that code under test sends. */
public final class CountedStatements {

    private final SingleQueryCountHolder counts = new SingleQueryCountHolder();
    private final DataSource dataSource;

    /** @param target leads to the database */
    public CountedStatements(DataSource target) {
        this.dataSource =
                ProxyDataSourceBuilder.create(target).countQuery(counts).build();
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
        counts.clear();
        work.run();
        return sinceClear();
    }

    /** Begins to count anew, in the middle of the work that is counted. */
    public void clear() {
        counts.clear();
    }

    private long sinceClear() {
        return counts.getQueryCountMap().values().stream()
                .mapToLong(QueryCount::getTotal)
                .sum();
    }
}
