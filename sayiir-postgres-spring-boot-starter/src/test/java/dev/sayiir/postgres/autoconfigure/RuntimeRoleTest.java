package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rights that docs/reference.md has a DBA grant: they suffice for every operation of the stores, and none is too many. */
class RuntimeRoleTest extends StarterTest {

    private JdbcTemplate owner;
    private HikariDataSource shop;
    private PostgresBackend backend;

    @BeforeEach
    void grant() {
        owner = new JdbcTemplate(database.dataSource());
        owner.execute(SchemaMigrator.sql("sayiir"));
        owner.execute("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop') THEN"
                + " CREATE ROLE shop LOGIN PASSWORD 'shop'; END IF; END $$");
        owner.execute(grants());
        owner.execute("INSERT INTO sayiir.sayiir_workflow_counts (status, change)"
                + " SELECT 'Completed', 0 FROM generate_series(1, 2000)"); // enough to be folded
        shop = new HikariDataSource();
        shop.setJdbcUrl(database.url());
        shop.setUsername("shop");
        shop.setPassword("shop");
        shop.setMaximumPoolSize(2);
        backend =
                PostgresBackend.builder(shop).migration(MigrationMode.VALIDATE).build();
    }

    @AfterEach
    void disconnect() {
        shop.close();
    }

    @Test
    void R23_the_grants_suffice_for_every_operation() {
        assertThatCode(() -> useEverything(backend)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("singleGrants")
    void R23_none_of_the_grants_is_too_many(Grant grant) {
        owner.execute("REVOKE " + grant.privilege() + " ON " + grant.object() + " FROM shop");

        assertThatThrownBy(() -> useEverything(backend))
                .rootCause()
                .isInstanceOfSatisfying(
                        SQLException.class,
                        refusal -> assertThat(refusal.getSQLState()).isEqualTo("42501"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE sayiir.more (id int)",
                "CREATE SCHEMA more",
                "ALTER TABLE sayiir.sayiir_workflows ADD COLUMN more int",
                "DROP TABLE sayiir.sayiir_workflow_events",
                "TRUNCATE sayiir.sayiir_workflows",
                "CREATE OR REPLACE FUNCTION sayiir.sayiir_log_status() RETURNS trigger LANGUAGE sql AS ''",
                "UPDATE sayiir.sayiir_workflow_history SET data = ''"
            })
    void R23_the_role_can_neither_change_the_schema_nor_rewrite_history(String statement) {
        assertThatThrownBy(() -> new JdbcTemplate(shop).execute(statement))
                .rootCause()
                .isInstanceOf(SQLException.class)
                .hasMessageMatching("(?s)ERROR: (permission denied|must be owner).*");
    }

    record Grant(String privilege, String object) {}

    static Stream<Grant> singleGrants() {
        List<Grant> grants = grants().lines()
                .map(line -> line.replaceFirst("GRANT (.*) ON (.*) TO shop;", "$1|$2")
                        .split("\\|"))
                .flatMap(parts -> Arrays.stream(parts[0].split(", ")).map(privilege -> new Grant(privilege, parts[1])))
                .toList();
        assertThat(grants).hasSize(25);
        return grants.stream();
    }

    private static String grants() {
        try {
            return Files.readString(Path.of("src/test/resources/documentation/grants.sql"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void useEverything(PostgresBackend backend) {
        WorkflowSnapshot order = backend.createSnapshot(order("order-1").moveTo(new AtTask("reserve")));
        order = backend.saveSnapshot(
                order.completeTask("reserve", Payload.empty()).moveTo(new AtTask("charge")));
        backend.saveTaskResult("order-1", "charge", Payload.utf8("paid"));
        order = backend.loadSnapshot("order-1");
        order = backend.saveSnapshotIfVersion(order.moveTo(new AtTask("ship")), order.version());
        backend.saveSnapshot(order("order-1").moveTo(new AtTask("reserve"))); // replaces what is there
        backend.loadTaskResult("order-1", "reserve");
        backend.loadTaskResults("order-1");
        backend.listVersions("order-1", 0, 10);
        backend.loadVersion("order-1", 2);
        backend.loadAsOf("order-1", Instant.now().plusSeconds(60));
        backend.listSnapshots();
        backend.findWorkflows(WorkflowQuery.all().atTask("reserve").limit(10));
        backend.findWorkflow("order-1");
        backend.countByStatus();
        useSignals(backend);
        useClaims(backend);
        backend.listEvents("order-1", 0, 10);
        backend.tailEvents(0, 10);
        Stream.of("order-1", "order-2", "order-3", "order-4").forEach(backend::deleteSnapshot);
    }

    private static void useSignals(PostgresBackend backend) {
        SignalRequest request = SignalRequest.of("why", "who");
        backend.requestPause("order-1", request);
        backend.unpause("order-1");
        backend.storeSignal("order-1", SignalKind.PAUSE, request);
        backend.getSignal("order-1", SignalKind.PAUSE);
        backend.listPendingSignals("order-1");
        backend.clearSignal("order-1", SignalKind.PAUSE);
        backend.checkAndPause("order-1");
        backend.sendEvent("order-1", "approved", Payload.empty());
        backend.listPendingEvents("order-1");
        backend.consumeEvent("order-1", "approved");
        backend.createSnapshot(
                order("order-2").moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"))));
        backend.sendEvent("order-2", "approved", Payload.empty());
        backend.createSnapshot(order("order-3").moveTo(new AtTask("reserve")));
        backend.sendEvent("order-3", "approved", Payload.empty());
        backend.consumeEventAndSave("order-3", "approved", (order, event) -> order.moveTo(new AtTask("ship")));
        backend.storeSignal("order-3", SignalKind.CANCEL, request);
        backend.checkAndCancel("order-3", Optional.of("ship"));
        backend.createSnapshot(order("order-4").moveTo(new AtTask("reserve")));
        backend.requestCancel("order-4", request);
    }

    private static void useClaims(PostgresBackend backend) {
        Duration ttl = Duration.ofMinutes(1);
        List<TaskClaim> claims = backend.claimAvailableTasks(ClaimQuery.of("worker-1", 10, ttl)).stream()
                .map(ClaimedTask::claim)
                .toList();
        assertThat(claims).extracting(TaskClaim::instanceId).contains("order-1");
        backend.extendTaskClaims(claims, ttl);
        backend.releaseTaskClaim(claims.get(0));
        backend.releaseTaskClaims("worker-1");
        TaskClaim claim =
                backend.claimTask("order-1", "reserve", "worker-1", ttl).orElseThrow();
        WorkflowSnapshot order = backend.loadSnapshot("order-1");
        backend.commitTask(
                claim,
                order.completeTask("reserve", Payload.empty()).forkInto("ship", Map.of("parcel", Branch.of("pack"))),
                Optional.empty());
        TaskClaim branch = backend.claimTask("order-1", "pack", "worker-1", ttl).orElseThrow();
        backend.commitBranchTask(branch, new BranchOutcome.Done(Payload.empty()), Optional.empty());
        backend.listTasks("order-1");
        backend.currentFigures();
    }
}
