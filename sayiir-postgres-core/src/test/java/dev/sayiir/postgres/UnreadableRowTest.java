package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Instances whose rows the server itself cannot read, because the disk has lost a part of them. */
@Tag("slow")
@ParameterizedClass
@MethodSource("versions")
class UnreadableRowTest {

    private static final ClaimQuery BATCH = ClaimQuery.of("w", 16, Duration.ofMinutes(1));

    @Parameter
    private int major;

    private Database database;
    private JdbcTemplate jdbc;
    private PostgresBackend backend;

    static List<Integer> versions() {
        return PostgresServer.SUPPORTED;
    }

    @BeforeEach
    void migrate() {
        database = PostgresServer.of(major).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R27_one_row_that_cannot_be_read_is_set_aside_and_all_others_are_handed_out() {
        Set<String> good = created(40, Set.of(0, 7, 20));
        lose("order-0", "order-7", "order-20");

        Set<String> handedOut = new HashSet<>();
        int polls = 0;
        for (; handedOut.size() < good.size() && polls < 20; polls++) {
            for (ClaimedTask task : backend.claimAvailableTasks(BATCH)) {
                assertThat(handedOut.add(task.claim().instanceId())).isTrue();
            }
        }

        assertThat(handedOut).isEqualTo(good);
        // Three would do without any fault.
        assertThat(polls).isLessThanOrEqualTo(3 + 3);
        for (String id : List.of("order-0", "order-7", "order-20")) {
            assertThat(backend.listTasks(id)).singleElement().satisfies(task -> {
                assertThat(task.claim()).isEmpty();
                assertThat(task.error().orElseThrow()).contains(id).contains("SQLSTATE");
                assertThat(task.readyAt()).isPresent();
            });
        }
        assertThat(backend.claimAvailableTasks(BATCH)).isEmpty();
    }

    @Test
    void R27_a_store_of_nothing_else_is_passed_without_an_error() {
        created(20, Set.of());
        String[] all = new String[20];
        for (int i = 0; i < all.length; i++) {
            all[i] = "order-" + i;
        }
        lose(all);

        assertThat(backend.claimAvailableTasks(BATCH)).isEmpty();
        backend.createSnapshot(order("good"));
        List<String> handedOut = new ArrayList<>();
        for (int polls = 0; handedOut.isEmpty() && polls < 5; polls++) {
            backend.claimAvailableTasks(BATCH)
                    .forEach(task -> handedOut.add(task.claim().instanceId()));
        }

        assertThat(handedOut).containsExactly("good");
    }

    @Test
    void R25_what_cannot_be_read_comes_up_less_and_less_often_and_never_counts_as_a_crash() {
        created(1, Set.of());
        lose("order-0");
        List<Long> minutes = new ArrayList<>();
        for (int attempt = 1; attempt <= 6; attempt++) {
            minutes.add(minutesLeftAlone(Duration.ofMinutes(1)));
        }
        assertThat(minutes).containsExactly(1L, 2L, 4L, 8L, 10L, 10L);
        assertThat(minutesLeftAlone(Duration.ofHours(3))).isEqualTo(180);
        assertThat(jdbc.queryForObject("SELECT crashes FROM sayiir.sayiir_task_claims", Long.class))
                .isZero();
    }

    private long minutesLeftAlone(Duration ttl) {
        jdbc.update("UPDATE sayiir.sayiir_task_claims SET ready_at = now()");
        assertThat(backend.claimAvailableTasks(ClaimQuery.of("w", 10, ttl))).isEmpty();
        return jdbc.queryForObject(
                "SELECT round(extract(epoch FROM ready_at - clock_timestamp()) / 60) FROM sayiir.sayiir_task_claims",
                Long.class);
    }

    private Set<String> created(int count, Set<Integer> bad) {
        Set<String> good = new HashSet<>();
        for (int i = 0; i < count; i++) {
            backend.createSnapshot(order("order-" + i));
            if (!bad.contains(i)) {
                good.add("order-" + i);
            }
        }
        return good;
    }

    private static WorkflowSnapshot order(String instanceId) {
        return WorkflowSnapshot.start(instanceId, "fulfilment-v1", Payload.utf8("tea"))
                .moveTo(new AtTask("reserve"));
    }

    /** Has the server fail as it does when the disk has lost a part of a large value. */
    private void lose(String... instanceIds) {
        String columns = jdbc.queryForObject(
                "SELECT pg_get_function_result('sayiir.sayiir_claimed_snapshot(text)'::regprocedure)", String.class);
        jdbc.execute("ALTER FUNCTION sayiir.sayiir_claimed_snapshot(text) RENAME TO undamaged");
        jdbc.execute("""
                CREATE FUNCTION sayiir.sayiir_claimed_snapshot(instance text) RETURNS %s LANGUAGE plpgsql VOLATILE STRICT AS $$
                BEGIN
                    IF instance IN (%s) THEN
                        RAISE EXCEPTION 'missing chunk number 0 for toast value 16531' USING ERRCODE = 'XX001';
                    END IF;
                    RETURN QUERY SELECT u.* FROM sayiir.undamaged(instance) AS u;
                END
                $$""".formatted(
                columns, Stream.of(instanceIds).map(id -> "'" + id + "'").collect(Collectors.joining(","))));
    }
}
