package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** What some program or some disk has done to a row is the trouble of that instance alone. */
class UndecodableRowTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String SECRET = "4929-1234-5678-9012";
    private static final List<String> DAMAGED =
            List.of("garbage", "codec", "version", "cut-off", "empty", "swapped", "missing");

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.sayiir");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private PostgresBackend backend;

    @BeforeEach
    void damageTheMostUrgent() {
        log.start();
        logger.addAppender(log);
        backend = PostgresBackend.builder(database.dataSource()).build();
        DAMAGED.forEach(id -> create(id, TaskPriority.CRITICAL, new AtTask("charge")));
        create("good", TaskPriority.MINIMAL, new AtTask("charge"));
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history DISABLE TRIGGER USER");
        damage("garbage", "{\"card\":\"" + SECRET + "\"");
        damage("codec", "SYRS\u0001\u0063" + SECRET);
        damage("version", "SYRS\u0009\u0001" + SECRET);
        damage("cut-off", "SYRS");
        damage("empty", "");
        jdbc.update("""
                UPDATE sayiir.sayiir_workflow_history AS h SET data = g.data
                FROM sayiir.sayiir_workflow_history AS g
                WHERE h.instance_id = 'swapped' AND g.instance_id = 'good'
                """);
        jdbc.update("DELETE FROM sayiir.sayiir_workflow_history WHERE instance_id = 'missing'");
    }

    private void create(String id, TaskPriority priority, ExecutionPosition position) {
        backend.createSnapshot(WorkflowSnapshot.start(id, "d", Payload.utf8(SECRET)).toBuilder()
                .taskPriority(priority)
                .build()
                .moveTo(position));
    }

    private void damage(String id, String data) {
        jdbc.update(
                "UPDATE sayiir.sayiir_workflow_history SET data = ? WHERE instance_id = ?",
                data.getBytes(StandardCharsets.ISO_8859_1),
                id);
    }

    @AfterEach
    void drop() {
        logger.detachAppender(log);
        database.close();
    }

    @Test
    void R18_what_cannot_be_decoded_does_not_block_others_even_where_one_is_asked_for() {
        assertThat(claim(1, MINUTE)).containsExactly("good");
        assertThat(warnings()).hasSameSizeAs(DAMAGED);
    }

    @Test
    void R18_what_cannot_be_decoded_is_reported_once_in_the_time_of_a_claim() {
        assertThat(claim(100, MINUTE)).containsExactly("good");
        assertThat(claim(100, MINUTE)).isEmpty();

        assertThat(warnings()).hasSameSizeAs(DAMAGED);
        for (String id : DAMAGED) {
            assertThat(warnings())
                    .filteredOn(message -> message.contains("'" + id + "'"))
                    .hasSize(1);
            assertThat(errorOf(id)).contains("'" + id + "'");
            assertThat(backend.findWorkflow(id)).isPresent();
        }
        assertThat(String.join("\n", warnings())).contains("99").doesNotContain(SECRET);
        assertThat(log.list).allMatch(event -> event.getThrowableProxy() == null);

        assertThat(backend.releaseTaskClaims("w")).isOne();
        assertThat(claim(100, MINUTE)).containsExactly("good");
        assertThat(warnings()).hasSameSizeAs(DAMAGED);
    }

    @Test
    void R18_branches_whose_inputs_are_lost_are_reported_and_set_aside_and_others_go_on() {
        for (String id : List.of("fork-1", "fork-2", "fork-3")) {
            WorkflowSnapshot first = backend.createSnapshot(WorkflowSnapshot.start(id, "forks", Payload.utf8(SECRET)));
            WorkflowSnapshot reserved = backend.saveSnapshot(first.completeTask("reserve", Payload.utf8(SECRET)));
            backend.saveSnapshot(reserved.forkInto(
                    "ship",
                    Map.of(
                            "shared", Branch.of("shared"),
                            "shared too", Branch.of("shared-too"),
                            "own", Branch.of("own", Payload.utf8(SECRET)))));
        }
        lose("fork-1", 1);
        lose("fork-2", 2);
        damage("fork-3", "SYRS"); // nothing of it is read for a branch

        List<String> handedOut =
                backend.claimAvailableTasks(ClaimQuery.of("w", 100, MINUTE).definitions(Set.of("forks"))).stream()
                        .map(task ->
                                task.claim().instanceId() + " " + task.claim().taskId())
                        .toList();

        assertThat(handedOut)
                .containsExactlyInAnyOrder("fork-2 own", "fork-3 own", "fork-3 shared", "fork-3 shared-too");
        assertThat(warnings()).hasSize(5).noneMatch(message -> message.contains(SECRET));
        assertThat(warnings()).allMatch(message -> message.contains("'fork-1'") || message.contains("'fork-2'"));
    }

    private void lose(String instanceId, int version) {
        jdbc.update(
                "DELETE FROM sayiir.sayiir_workflow_history WHERE instance_id = ? AND version = ?",
                instanceId,
                version);
    }

    @Test
    void R26_what_cannot_be_decoded_is_left_for_others_and_then_blocked_and_goes_on_when_it_is_repaired() {
        ClaimQuery query = ClaimQuery.of("w", 100, MINUTE)
                .blockAfter(Duration.ofMinutes(2))
                .build("1.0");
        backend.claimAvailableTasks(query);
        assertThat(jdbc.queryForObject(
                        "SELECT round(extract(epoch FROM ready_at - refused_at)) FROM sayiir.sayiir_task_claims"
                                + " WHERE instance_id = 'garbage'",
                        Long.class))
                .isEqualTo(30);
        assertThat(backend.findBlockedTasks(BlockedQuery.all())).isEmpty();

        jdbc.update(
                "UPDATE sayiir.sayiir_task_claims SET ready_at = now(), refused_at = refused_at - interval '2 minutes'"
                        + " WHERE instance_id <> 'good'");
        backend.claimAvailableTasks(query);

        assertThat(backend.findBlockedTasks(BlockedQuery.all()))
                .hasSameSizeAs(DAMAGED)
                .allMatch(task -> task.reason() == BlockReason.UNREADABLE_SNAPSHOT)
                .allMatch(task -> task.build().equals(Optional.of("1.0")))
                .allMatch(task -> task.error().contains("'" + task.instanceId() + "'"));
        assertThat(jdbc.queryForList("SELECT sum(crashes) FROM sayiir.sayiir_task_claims", Long.class))
                .containsExactly(0L);
        assertThat(backend.listTasks("garbage").get(0).status()).isEqualTo(TaskStatus.BLOCKED);
        jdbc.update("""
                UPDATE sayiir.sayiir_workflow_history AS h
                SET data = convert_to(replace(convert_from(g.data, 'SQL_ASCII'), 'good', 'garbage'), 'SQL_ASCII')
                FROM sayiir.sayiir_workflow_history AS g
                WHERE h.instance_id = 'garbage' AND g.instance_id = 'good'
                """);
        assertThat(backend.unblock(BlockedQuery.all().ofInstance("garbage"), SignalRequest.unexplained()))
                .isOne();
        assertThat(claim(100, MINUTE)).containsExactly("garbage");
    }

    @Test
    void R18_claims_that_end_before_they_are_looked_at_do_not_keep_a_poll_going() {
        assertThat(claim(1, Duration.ofMillis(1))).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void R18_a_cancel_that_cannot_be_carried_out_does_not_block_others() {
        for (String id : DAMAGED) {
            backend.storeSignal(id, SignalKind.CANCEL, SignalRequest.of("fraud", "ann"));
        }

        assertThat(claim(1, MINUTE)).containsExactly("good");
        assertThat(warnings()).hasSameSizeAs(DAMAGED);
        assertThat(DAMAGED)
                .allSatisfy(id ->
                        assertThat(backend.getSignal(id, SignalKind.CANCEL)).isPresent());
    }

    @Test
    void R18_a_repaired_row_is_handed_out_again_and_no_longer_has_an_error() {
        assertThat(claim(100, Duration.ofMillis(1))).contains("good");
        jdbc.update("""
                UPDATE sayiir.sayiir_workflow_history AS h
                SET data = convert_to(replace(convert_from(g.data, 'SQL_ASCII'), 'good', 'garbage'), 'SQL_ASCII')
                FROM sayiir.sayiir_workflow_history AS g
                WHERE h.instance_id = 'garbage' AND g.instance_id = 'good'
                """);
        ClaimedTask repaired = await().until(
                        () -> backend.claimAvailableTasks(ClaimQuery.of("w", 100, MINUTE)).stream()
                                .filter(task -> task.claim().instanceId().equals("garbage"))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();

        backend.commitTask(
                repaired.claim(), repaired.snapshot().completeTask("charge", Payload.empty()), Optional.empty());
        assertThat(errorOf("garbage")).isNull();
    }

    @Test
    void R14_an_instance_that_cannot_be_decoded_is_sent_nothing_and_asked_nothing() {
        create("wait", TaskPriority.NORMAL, new AtSignal("wait", "approved", Optional.empty(), Optional.empty()));
        damage("wait", "garbage");
        Map<String, Object> before = content();

        for (Runnable operation : List.<Runnable>of(
                () -> backend.sendEvent("wait", "approved", Payload.utf8("by ada")),
                () -> backend.requestCancel("garbage", SignalRequest.of("fraud", "ann")),
                () -> backend.requestPause("garbage", SignalRequest.of("fraud", "ann")))) {
            assertThatExceptionOfType(SnapshotSerializationException.class).isThrownBy(operation::run);
        }
        assertThat(content()).isEqualTo(before);
    }

    private List<String> claim(int limit, Duration ttl) {
        return backend.claimAvailableTasks(ClaimQuery.of("w", limit, ttl)).stream()
                .map(task -> task.claim().instanceId())
                .toList();
    }

    private List<String> warnings() {
        return log.list.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private String errorOf(String id) {
        return jdbc.queryForObject("SELECT error FROM sayiir.sayiir_tasks WHERE instance_id = ?", String.class, id);
    }

    private Map<String, Object> content() {
        return jdbc.queryForMap("""
                SELECT (SELECT count(*) FROM sayiir.sayiir_workflow_events) AS events,
                       (SELECT sum(version) FROM sayiir.sayiir_workflows) AS versions,
                       (SELECT count(*) FROM sayiir.sayiir_workflow_history) AS checkpoints
                """);
    }
}
