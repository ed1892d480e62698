package dev.sayiir.postgres;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.support.ProxyDataSource;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Holds notifications up until it is told to go on. */
final class SlowNotifications extends DelegatingDataSource {

    SlowNotifications(DataSource target, CountDownLatch sending, CountDownLatch toGoOn) {
        super(slow(target, sending, toGoOn));
    }

    private static ProxyDataSource slow(DataSource target, CountDownLatch sending, CountDownLatch toGoOn) {
        return ProxyDataSourceBuilder.create(target)
                .listener(new QueryExecutionListener() {
                    @Override
                    public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
                        if (queries.get(0).getQuery().contains("pg_notify")) {
                            sending.countDown();
                            awaitUnchecked(toGoOn);
                        }
                    }

                    @Override
                    public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {}
                })
                .build();
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
