package dev.sayiir.postgres;

import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The statement that finds a page. It is put together from fixed pieces, so that it leads along an index in the order of pages
 * whatever statistics say; values are always bound.
 */
final class QuerySql {

    private static final List<String> STORED = List.of(
            "instance_id",
            "definition_hash",
            "status",
            "position_kind",
            "current_task_id",
            "completed_task_count",
            "error",
            "task_priority",
            "task_tags",
            "version",
            "created_at",
            "updated_at");

    static final String COLUMNS = "SELECT " + storedOf("w") + """
            ,
                   CASE WHEN w.status IN ('Completed', 'Failed', 'Cancelled') THEN w.updated_at END AS completed_at
            FROM\s""";

    static final String INSTANCES = "${schema}.sayiir_workflows AS w";

    /**
     * Of the tasks that nobody holds an index knows where they are; those that somebody holds or that are blocked are few, and found by that.
     * One index of both would cost every step.
     */
    private static final String AT_TASK = """
            w.instance_id IN (SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.idle_task_id = :currentTaskId
                              UNION ALL
                              SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.expires_at IS NOT NULL AND c.task_id = :currentTaskId
                              UNION ALL
                              SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.blocked_at IS NOT NULL AND c.task_id = :currentTaskId)""";

    /** OFFSET 0, here and below: a look-up by key for each row, which the planner does not turn into a join. */
    private static final String WAITS = """
            EXISTS (SELECT FROM ${schema}.sayiir_task_claims AS c
                    WHERE c.instance_id = w.instance_id AND c.branch = '' AND c.awaited_event = :awaitedEvent
                    OFFSET 0)""";

    private static final String WAITING = """
            ${schema}.sayiir_task_claims AS a
            CROSS JOIN LATERAL (SELECT\s""" + storedOf("i") + """
                                 FROM ${schema}.sayiir_workflows AS i
                                WHERE i.instance_id = a.instance_id
                                OFFSET 0) AS w""";

    private static final String FEW = """
            (SELECT\s""" + storedOf("i") + """
              FROM ${schema}.sayiir_workflows AS i
             WHERE i.instance_id = ANY (:few)
             OFFSET 0) AS w""";

    private static final String FINGERPRINT = "${schema}.sayiir_failure_fingerprint(w.error, w.instance_id)";

    private static final String STUCK = """
            EXISTS (SELECT FROM ${schema}.sayiir_task_claims AS c
                    WHERE c.instance_id = w.instance_id
                      AND CASE WHEN c.claim_token IS NULL THEN c.ready_at ELSE c.claimed_at END
                          < LEAST(:stuckSince, statement_timestamp())
                    OFFSET 0)""";

    /** Each status in the order of pages, and of all of these the first. */
    private static final String OF_EACH_STATUS = "SELECT " + storedOf("p") + """
            , p.completed_at
            FROM unnest(:statuses::text[]) AS s (status)
            CROSS JOIN LATERAL (
            %s) AS p
            ORDER BY p.created_at DESC, p.instance_id DESC
            LIMIT :limit
            """;

    /**
     * The index that leads to a page: what it begins with, which has one value on the page, and the columns by which pages are
     * in order. It is given as a range of rows and named in the order: so no other index serves either, however good it is
     * thought to be.
     */
    private record Lead(String column, String value, String createdAt, String instanceId) {

        static Lead ofInstance(String column, String value) {
            return new Lead(column, value, "w.created_at", "w.instance_id");
        }

        String order() {
            return column + " DESC, " + createdAt + " DESC, " + instanceId + " DESC";
        }

        String range(String comparison, String time) {
            return "(" + column + ", " + createdAt + ") " + comparison + " (" + value + ", " + time + ")";
        }

        String after() {
            return "(" + column + ", " + createdAt + ", " + instanceId + ") < (" + value + ", :afterTime, :afterId)";
        }
    }

    private final WorkflowQuery query;
    private final Optional<List<String>> few;
    private final Set<WorkflowStatus> statuses;
    private final Params params;

    /** Whether the page is found among those that wait for an event, which have the columns of its order as well. */
    private final boolean amongWaiting;

    private final boolean ofEachStatus;
    private final Optional<Lead> lead;

    /**
     * @param query what to look for
     * @param few the instances among which to look, if that is known
     * @param params takes the values
     */
    QuerySql(WorkflowQuery query, Optional<List<String>> few, Params params) {
        this.query = query;
        this.few = few;
        this.params = params;
        this.statuses = statuses(query);
        this.amongWaiting = few.isEmpty() && query.awaitedEvent().isPresent();
        this.ofEachStatus = few.isEmpty()
                && statuses.size() > 1
                && statuses.size() < WorkflowStatus.values().length
                && query.definitionHash().isEmpty();
        this.lead = few.isPresent() ? Optional.empty() : lead();
    }

    /** Which statuses instances may have that the query finds; none if its conditions exclude each other. */
    static Set<WorkflowStatus> statuses(WorkflowQuery query) {
        Set<WorkflowStatus> possible = EnumSet.allOf(WorkflowStatus.class);
        if (!query.statuses().isEmpty()) {
            possible.retainAll(query.statuses());
        }
        if (query.failure().isPresent() || query.errorContaining().isPresent()) {
            possible.retainAll(Set.of(WorkflowStatus.FAILED));
        }
        if (query.awaitedEvent().isPresent() || query.stuckSince().isPresent()) {
            possible.retainAll(Set.of(WorkflowStatus.IN_PROGRESS));
        }
        return possible;
    }

    /** None for all instances, and for a workflow with one status that has no index with both: that is left to the planner. */
    private Optional<Lead> lead() {
        if (query.failure().isPresent()) {
            return Optional.of(Lead.ofInstance(FINGERPRINT, ":failure"));
        } else if (amongWaiting) {
            return Optional.of(new Lead("a.awaited_event", ":awaitedEvent", "a.instance_created_at", "a.instance_id"));
        } else if (query.definitionHash().isPresent()) {
            return Optional.of(Lead.ofInstance("w.definition_hash", ":definitionHash"))
                    .filter(it -> haveFailed() || statuses.size() > 1);
        } else if (ofEachStatus) {
            return Optional.of(Lead.ofInstance("w.status", "s.status"));
        }
        return Optional.of(Lead.ofInstance("w.status", ":status")).filter(it -> statuses.size() == 1);
    }

    private boolean haveFailed() {
        return statuses.equals(Set.of(WorkflowStatus.FAILED));
    }

    private static String storedOf(String alias) {
        return STORED.stream().map(column -> alias + "." + column).collect(Collectors.joining(", "));
    }

    String text() {
        List<String> conditions = conditions();
        params.number("limit", query.limit() + 1L);
        String page = COLUMNS + from() + "\nWHERE "
                + (conditions.isEmpty() ? "true" : String.join("\n  AND ", conditions)) + "\nORDER BY "
                + lead.map(Lead::order).orElse("w.created_at DESC, w.instance_id DESC") + "\nLIMIT :limit\n";
        return ofEachStatus ? OF_EACH_STATUS.formatted(page) : page;
    }

    private String from() {
        few.ifPresent(ids -> params.texts("few", ids));
        return few.isPresent() ? FEW : amongWaiting ? WAITING : INSTANCES;
    }

    private List<String> conditions() {
        List<String> conditions = new ArrayList<>();
        status().ifPresent(conditions::add);
        query.instanceIdPrefix().ifPresent(prefix -> {
            // As an expression that no index has: of more than a few, the order of pages leads to the first ones.
            params.text("prefix", prefix);
            conditions.add("left(w.instance_id, char_length(:prefix)) = :prefix");
        });
        query.definitionHash().ifPresent(hash -> {
            params.text("definitionHash", hash);
            if (lead.filter(by -> by.value().equals(":definitionHash")).isEmpty()) {
                conditions.add("w.definition_hash = :definitionHash");
            }
        });
        query.currentTaskId().ifPresent(task -> {
            params.text("currentTaskId", task);
            conditions.add(AT_TASK);
        });
        query.awaitedEvent().ifPresent(event -> {
            params.text("awaitedEvent", event);
            conditions.add(amongWaiting ? "a.awaited_event IS NOT NULL" : WAITS);
        });
        query.stuckSince().ifPresent(time -> {
            params.time("stuckSince", Optional.of(Times.roundedUp(time)));
            conditions.add("w.updated_at < LEAST(:stuckSince, statement_timestamp())");
            conditions.add(STUCK);
        });
        query.failure().ifPresent(fingerprint -> {
            params.text("failure", fingerprint);
            if (lead.isEmpty()) {
                conditions.add(FINGERPRINT + " = :failure");
            }
        });
        query.errorContaining().ifPresent(text -> {
            params.text("error", text);
            conditions.add("strpos(lower(w.error), lower(:error)) > 0");
        });
        compare(conditions, "w.updated_at >= ", "updatedFrom", query.updatedFrom());
        compare(conditions, "w.updated_at < ", "updatedBefore", query.updatedBefore());
        query.after()
                .ifPresent(cursor -> params.time("afterTime", Optional.of(Times.roundedUp(cursor.createdAt())))
                        .text("afterId", cursor.instanceId()));
        lead.ifPresentOrElse(it -> range(it, conditions), () -> {
            compare(conditions, "w.created_at >= ", "createdFrom", query.createdFrom());
            compare(conditions, "w.created_at < ", "createdBefore", query.createdBefore());
            query.after().ifPresent(cursor -> conditions.add("(w.created_at, w.instance_id) < (:afterTime, :afterId)"));
        });
        return conditions;
    }

    /** One bound on each side, since an index is entered by one: of two upper ones, the lower. */
    private void range(Lead from, List<String> conditions) {
        query.createdFrom().ifPresent(time -> params.time("createdFrom", Optional.of(Times.roundedUp(time))));
        query.createdBefore().ifPresent(time -> params.time("createdBefore", Optional.of(Times.roundedUp(time))));
        conditions.add(from.range(">=", query.createdFrom().isPresent() ? ":createdFrom" : "'-infinity'"));
        Instant before = query.createdBefore().orElse(Instant.MAX);
        if (query.after().filter(cursor -> cursor.createdAt().isBefore(before)).isPresent()) {
            conditions.add(from.after());
        } else {
            conditions.add(
                    query.createdBefore().isPresent()
                            ? from.range("<", ":createdBefore")
                            : from.range("<=", "'infinity'"));
        }
    }

    /** In the words of the index that has it: the failures of a workflow or of a kind have one of their own. */
    private Optional<String> status() {
        if (statuses.size() == WorkflowStatus.values().length || ofEachStatus) {
            params.texts("statuses", statuses.stream().map(WorkflowStatus::text).toList());
            return Optional.empty();
        }
        if (haveFailed()
                && (query.definitionHash().isPresent() || query.failure().isPresent())) {
            return Optional.of("(w.status = 'Failed') IS TRUE");
        }
        if (statuses.size() == 1) {
            params.text("status", statuses.iterator().next().text());
            return Optional.of("w.status = :status")
                    .filter(it ->
                            lead.filter(by -> by.value().equals(":status")).isEmpty());
        }
        params.texts("statuses", statuses.stream().map(WorkflowStatus::text).toList());
        // IS TRUE: not along the index by status, which would be sorted.
        return Optional.of("(w.status = ANY (:statuses)) IS TRUE");
    }

    private void compare(List<String> conditions, String comparison, String name, Optional<Instant> bound) {
        bound.ifPresent(time -> {
            params.time(name, Optional.of(Times.roundedUp(time)));
            conditions.add(comparison + ":" + name);
        });
    }
}
