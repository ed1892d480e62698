package dev.sayiir.postgres;

import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * The event log. What it is sent goes in under the lock of the instance's row, so that ids grow in the order in which
 * events are committed. Changes of status are logged by a trigger, whatever made them.
 */
final class EventRepository {

    /**
     * Locks first; the lock reads the row as it is after the wait, and no other table is joined to it. A later request
     * of a kind takes the place of a pending one.
     */
    private static final String REQUEST = """
            WITH instance AS (
                SELECT w.instance_id, w.status
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = :instanceId
                FOR NO KEY UPDATE
            ), requested AS (
                INSERT INTO ${schema}.sayiir_workflow_events AS e (instance_id, created_at, kind, requested_by, reason)
                SELECT i.instance_id, clock_timestamp(), :kind, :requestedBy, :reason
                FROM instance AS i
                WHERE i.status = ANY (:allowed)
                ON CONFLICT (instance_id, kind) WHERE consumed_at IS NULL AND kind IN ('CancelRequested', 'PauseRequested')
                DO UPDATE SET
                    created_at = excluded.created_at,
                    requested_by = excluded.requested_by,
                    reason = excluded.reason
            )
            SELECT i.status,
                   EXISTS (SELECT FROM ${schema}.sayiir_task_claims AS c
                           WHERE c.instance_id = i.instance_id AND c.expires_at > clock_timestamp()) AS claimed
            FROM instance AS i
            """;

    private static final String SEND = """
            INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, name, payload, event_key)
            VALUES (:instanceId, clock_timestamp(), 'EventSent', :name, :payload, :eventKey)
            """;

    private static final String REPORT = """
            INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, name, requested_by, reason)
            VALUES (:instanceId, clock_timestamp(), :kind, :name, :requestedBy, :reason)
            """;

    private static final String HAS_KEY = """
            SELECT EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                           WHERE e.instance_id = :instanceId AND e.event_key = :eventKey)
            """;

    private static final String SIGNALS = """
            SELECT e.kind, e.requested_by, e.reason, e.created_at
            FROM ${schema}.sayiir_workflow_events AS e
            WHERE e.instance_id = :instanceId
              AND e.kind IN ('CancelRequested', 'PauseRequested')
              AND e.consumed_at IS NULL
            ORDER BY e.id
            """;

    private static final String SIGNALLED = """
            SELECT e.instance_id
            FROM ${schema}.sayiir_workflow_events AS e
            WHERE e.instance_id = ANY (:instanceIds)
              AND e.kind = :kind
              AND e.kind IN ('CancelRequested', 'PauseRequested')
              AND e.consumed_at IS NULL
            """;

    private static final String CLEAR = """
            UPDATE ${schema}.sayiir_workflow_events AS e
            SET consumed_at = clock_timestamp()
            WHERE e.instance_id = :instanceId
              AND e.kind = :kind
              AND e.kind IN ('CancelRequested', 'PauseRequested')
              AND e.consumed_at IS NULL
            """;

    /**
     * For a caller who holds the lock: nobody else can take it meanwhile. The first entry of an index of its own: in that
     * order, and not by the number alone, which another index has, too, with everything that has been consumed.
     */
    private static final String OLDEST = """
            SELECT e.id, e.payload
            FROM ${schema}.sayiir_workflow_events AS e
            WHERE e.instance_id = :instanceId AND e.name = :name AND e.kind = 'EventSent' AND e.consumed_at IS NULL
            ORDER BY e.instance_id, e.name, e.id
            LIMIT 1
            """;

    private static final String CONSUME = """
            UPDATE ${schema}.sayiir_workflow_events AS e
            SET consumed_at = clock_timestamp()
            WHERE e.instance_id = :instanceId AND e.id = :id
            """;

    private static final String PENDING = """
            SELECT e.id, e.name, octet_length(e.payload) AS payload_size, e.created_at
            FROM ${schema}.sayiir_workflow_events AS e
            WHERE e.instance_id = :instanceId AND e.kind = 'EventSent' AND e.consumed_at IS NULL
            ORDER BY e.id
            """;

    private static final String COLUMNS = """
            SELECT e.id, e.instance_id, e.kind, e.name, e.requested_by, e.reason, e.created_at, e.consumed_at
            FROM ${schema}.sayiir_workflow_events AS e
            """;

    private static final String LIST = COLUMNS + """
            WHERE e.instance_id = :instanceId AND e.id > :afterId
            ORDER BY e.id
            LIMIT :limit
            """;

    private static final String TAIL = COLUMNS + """
            WHERE e.id > :afterId
            ORDER BY e.id
            LIMIT :limit
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String request;
    private final String send;
    private final String report;
    private final String hasKey;
    private final String signals;
    private final String signalled;
    private final String clear;
    private final String oldest;
    private final String consume;
    private final String pending;
    private final String list;
    private final String tail;

    EventRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.request = schema.in(REQUEST);
        this.send = schema.in(SEND);
        this.report = schema.in(REPORT);
        this.hasKey = schema.in(HAS_KEY);
        this.signals = schema.in(SIGNALS);
        this.signalled = schema.in(SIGNALLED);
        this.clear = schema.in(CLEAR);
        this.oldest = schema.in(OLDEST);
        this.consume = schema.in(CONSUME);
        this.pending = schema.in(PENDING);
        this.list = schema.in(LIST);
        this.tail = schema.in(TAIL);
    }

    /** The instance as a request found it; the request is pending now if that status allows it. */
    record Found(WorkflowStatus status, boolean claimed) {}

    /** An event that waits to be consumed. */
    record Oldest(long id, Payload payload) {}

    Optional<Found> request(String instanceId, SignalKind kind, SignalRequest asked, List<String> allowed) {
        Params params = Params.of("instanceId", instanceId)
                .text("kind", kindOf(kind).text())
                .text("requestedBy", asked.requestedBy())
                .text("reason", asked.reason())
                .texts("allowed", allowed);
        return jdbc.query(
                request,
                params,
                rows -> rows.next()
                        ? Optional.of(
                                new Found(WorkflowStatus.ofText(rows.getString("status")), rows.getBoolean("claimed")))
                        : Optional.empty());
    }

    void send(String instanceId, String name, Payload payload, Optional<String> key) {
        jdbc.update(
                send,
                Params.of("instanceId", instanceId)
                        .text("name", name)
                        .bytes("payload", payload.bytes())
                        .text("eventKey", key));
    }

    /** What has been done to an instance, and of a fork the other one. For a caller who holds the lock. */
    void report(String instanceId, WorkflowEvent.Kind kind, Optional<String> name, SignalRequest asked) {
        jdbc.update(
                report,
                Params.of("instanceId", instanceId)
                        .text("kind", kind.text())
                        .text("name", name)
                        .text("requestedBy", asked.requestedBy())
                        .text("reason", asked.reason()));
    }

    /** For a caller who holds the lock: what is not there now cannot come before it is released. */
    boolean hasKey(String instanceId, String key) {
        return Boolean.TRUE.equals(
                jdbc.queryForObject(hasKey, Params.of("instanceId", instanceId).text("eventKey", key), Boolean.class));
    }

    List<PendingSignal> signals(String instanceId) {
        return jdbc.query(signals, Params.of("instanceId", instanceId), (row, number) -> signal(row));
    }

    Set<String> signalled(Collection<String> instanceIds, SignalKind kind) {
        Params params = new Params()
                .texts("instanceIds", instanceIds)
                .text("kind", kindOf(kind).text());
        return Set.copyOf(jdbc.queryForList(signalled, params, String.class));
    }

    void clear(String instanceId, SignalKind kind) {
        jdbc.update(
                clear,
                Params.of("instanceId", instanceId).text("kind", kindOf(kind).text()));
    }

    Optional<Oldest> oldest(String instanceId, String name) {
        return jdbc.query(
                oldest,
                Params.of("instanceId", instanceId).text("name", name),
                rows -> rows.next()
                        ? Optional.of(new Oldest(rows.getLong("id"), Payload.of(rows.getBytes("payload"))))
                        : Optional.empty());
    }

    void consume(String instanceId, Oldest event) {
        jdbc.update(consume, Params.of("instanceId", instanceId).number("id", event.id()));
    }

    List<PendingEvent> pending(String instanceId) {
        return jdbc.query(
                pending,
                Params.of("instanceId", instanceId),
                (row, number) -> new PendingEvent(
                        row.getLong("id"),
                        row.getString("name"),
                        row.getInt("payload_size"),
                        Columns.time(row, "created_at")));
    }

    List<WorkflowEvent> list(String instanceId, long afterId, int limit) {
        Params params =
                Params.of("instanceId", instanceId).number("afterId", afterId).number("limit", limit);
        return jdbc.query(list, params, (row, number) -> event(row));
    }

    List<WorkflowEvent> tail(long afterId, int limit) {
        Params params = new Params().number("afterId", afterId).number("limit", limit);
        return jdbc.query(tail, params, (row, number) -> event(row));
    }

    private static WorkflowEvent.Kind kindOf(SignalKind kind) {
        return kind == SignalKind.CANCEL ? WorkflowEvent.Kind.CANCEL_REQUESTED : WorkflowEvent.Kind.PAUSE_REQUESTED;
    }

    private static PendingSignal signal(ResultSet row) throws SQLException {
        boolean cancel = row.getString("kind").equals(WorkflowEvent.Kind.CANCEL_REQUESTED.text());
        return new PendingSignal(
                cancel ? SignalKind.CANCEL : SignalKind.PAUSE,
                new SignalRequest(
                        Optional.ofNullable(row.getString("reason")),
                        Optional.ofNullable(row.getString("requested_by"))),
                Columns.time(row, "created_at"));
    }

    private static WorkflowEvent event(ResultSet row) throws SQLException {
        return new WorkflowEvent(
                row.getLong("id"),
                row.getString("instance_id"),
                WorkflowEvent.Kind.ofText(row.getString("kind")),
                Optional.ofNullable(row.getString("name")),
                Optional.ofNullable(row.getString("requested_by")),
                Optional.ofNullable(row.getString("reason")),
                Columns.time(row, "created_at"),
                Columns.optionalTime(row, "consumed_at"));
    }
}
