package dev.sayiir.testing;

import org.springframework.jdbc.core.JdbcOperations;

/** Tells who waits for a lock, so that a test goes on when the operation it has started has got that far. */
public final class LockWaits {

    private LockWaits() {}

    /**
     * @param jdbc leads to the database
     * @return how many of its connections wait for a lock now
     */
    public static int count(JdbcOperations jdbc) {
        Integer count = jdbc.queryForObject("""
                SELECT count(*) FROM pg_catalog.pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """, Integer.class);
        return count == null ? 0 : count;
    }
}
