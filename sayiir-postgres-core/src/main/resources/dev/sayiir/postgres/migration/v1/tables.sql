-- The tables of sayiir-postgres, for PostgreSQL 13 and later.
-- ${schema} stands for the schema's name, quoted where it has to be.
--
-- Identifiers are compared byte by byte (COLLATE "C"): that is cheaper than a language's order, the same on every
-- server, and cannot be changed by an upgrade of the operating system.
-- instance_id leads every primary key, so that the data can be distributed by it.

-- The constraints are few, one for each table: PostgreSQL reads and plans the expressions of all of them again in every
-- statement. What else holds for every row is checked by the tests.

-- One narrow row per instance: what monitoring asks for, and pointers to the checkpoints that make up its state.
CREATE TABLE ${schema}.sayiir_workflows (
    instance_id          text COLLATE "C" NOT NULL,
    -- The number of the latest checkpoint. Every change of the instance adds one.
    version              bigint NOT NULL,
    -- The checkpoint that holds the control state; later ones only added task results.
    data_version         bigint NOT NULL,
    -- The checkpoint that holds the initial input; everything before it belongs to a snapshot that was replaced.
    base_version         bigint NOT NULL,
    -- The oldest checkpoint that can be loaded as it was. Of those before it, retention has left what this one and later
    -- ones are made of.
    kept_from            bigint NOT NULL DEFAULT 1,
    -- Drawn at random when the row was made: tells it from another instance that had, or will have, the same id.
    incarnation          bigint NOT NULL,
    -- When the instance was created, by the clock of its creator; the other times are the database's.
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    completed_task_count integer NOT NULL,
    task_priority        smallint NOT NULL,
    status               text COLLATE "C" NOT NULL,
    definition_hash      text COLLATE "C" NOT NULL,
    position_kind        text COLLATE "C",
    current_task_id      text COLLATE "C",
    task_tags            text[] COLLATE "C" NOT NULL,
    trace_parent         text COLLATE "C",
    error                text,
    -- Why it was paused or cancelled, and at whose request.
    status_reason        text,
    status_requested_by  text,
    CONSTRAINT sayiir_workflows_pkey PRIMARY KEY (instance_id),
    CONSTRAINT sayiir_workflows_check CHECK (
        status IN ('InProgress', 'Paused', 'Completed', 'Failed', 'Cancelled') AND task_priority BETWEEN 1 AND 5)
) WITH (
    -- Room in every page for the next version of its rows: a checkpoint then updates in place (HOT) and touches no index.
    fillfactor = 75,
    -- The table is updated far more than it grows: vacuum after 2 % instead of 20 %, so that dead rows stay few.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);

-- Three orders in which instances are paged through: all, of one status, of one workflow. None has a column that a
-- checkpoint changes, except for the status at the end: anything more here would cost every checkpoint an index entry.
CREATE INDEX sayiir_workflows_by_creation ON ${schema}.sayiir_workflows (created_at, instance_id);
CREATE INDEX sayiir_workflows_by_status ON ${schema}.sayiir_workflows (status, created_at, instance_id);
CREATE INDEX sayiir_workflows_by_definition ON ${schema}.sayiir_workflows (definition_hash, created_at, instance_id);

-- What kind of failure an error tells of: its text without what differs from instance to instance. FailureFingerprint does the
-- same in Java, and has what is done. Collation C, so that no locale decides what is a letter; no backslash, which a setting
-- could give another meaning; PL/pgSQL, so that the call is not taken apart, and COST, so that an index of it is preferred
-- to calling it.
CREATE FUNCTION ${schema}.sayiir_failure_fingerprint(error text, instance_id text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 AS $$
DECLARE
    kind text COLLATE "C" := left(COALESCE(error, ''), 1000);
BEGIN
    IF char_length(instance_id) >= 4 THEN
        kind := replace(kind, instance_id, '#');
    END IF;
    kind := regexp_replace(kind, '(?<![A-Za-z0-9])(''[^'']*''|"[^"]*"|`[^`]*`)', '#', 'g');
    kind := regexp_replace(kind, '[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*', '#', 'g');
    kind := regexp_replace(kind, '[[:space:]]+', ' ', 'g');
    RETURN left(kind, 200);
END
$$;

-- What has failed, of each workflow and of each kind. Only an instance that fails is in these: nothing that a step changes is.
-- IS TRUE, so that no index by status is thought to be as good while statistics know of few failures.
CREATE INDEX sayiir_workflows_failed ON ${schema}.sayiir_workflows (definition_hash, created_at, instance_id) WHERE (status = 'Failed') IS TRUE;
CREATE INDEX sayiir_workflows_by_failure ON ${schema}.sayiir_workflows (${schema}.sayiir_failure_fingerprint(error, instance_id), created_at, instance_id) WHERE (status = 'Failed') IS TRUE;

-- One immutable row per checkpoint. Each task output is stored here once, with the checkpoint that completed the task.
CREATE TABLE ${schema}.sayiir_workflow_history (
    instance_id        text COLLATE "C" NOT NULL,
    version            bigint NOT NULL,
    saved_at           timestamptz NOT NULL,
    -- Whether this checkpoint replaced everything before it; the first one of an instance always does.
    baseline           boolean NOT NULL,
    status             text COLLATE "C" NOT NULL,
    current_task_id    text COLLATE "C",
    -- The tasks that this checkpoint completed, and at the same places their outputs; NULL if there are none.
    completed_task_ids text[] COLLATE "C",
    outputs            bytea[],
    -- The branch of a fork that this checkpoint ended, with that result; or else the task with which the branch went on, so
    -- that it is known of every version where its branches stood.
    branch             text COLLATE "C",
    next_task_id       text COLLATE "C",
    -- The tasks whose earlier results no longer count, as in another round of a loop.
    withdrawn_task_ids text[] COLLATE "C",
    -- Control state in the envelope: no outputs and no input in it. NULL if only results were added.
    data               bytea,
    -- The inputs that the branches of the fork have of their own, if the control state is at one: one after the other, so
    -- that a task of a branch reads its own and no other.
    branch_inputs      bytea,
    -- Only with a baseline.
    initial_input      bytea,
    -- Drawn at random by whoever wrote it: one that lost the answer to a write finds out by it whether it is stored.
    write_id           bigint NOT NULL,
    CONSTRAINT sayiir_workflow_history_pkey PRIMARY KEY (instance_id, version)
) WITH (
    -- Rows are only added: what matters is that they are frozen in small portions.
    autovacuum_vacuum_scale_factor = 0.05
);
-- Nothing is looked up by these, and what is in them takes long to analyze.
ALTER TABLE ${schema}.sayiir_workflow_history
    ALTER COLUMN completed_task_ids SET STATISTICS 0,
    ALTER COLUMN outputs SET STATISTICS 0,
    ALTER COLUMN withdrawn_task_ids SET STATISTICS 0,
    ALTER COLUMN data SET STATISTICS 0,
    ALTER COLUMN branch_inputs SET STATISTICS 0,
    ALTER COLUMN initial_input SET STATISTICS 0;
-- Not compressed: of what is, a part cannot be read without all that is in front of it.
ALTER TABLE ${schema}.sayiir_workflow_history ALTER COLUMN branch_inputs SET STORAGE EXTERNAL;

-- What there is to do, and who is doing it: one row per place at which an instance can go on, which is its main line and
-- each branch of a fork. It is the queue: a place that is due has a ready_at. From task to task its row is updated in place:
-- while a claim is carried on, no indexed column changes, so the update touches no index (HOT). A claim is part of the
-- place's row: one lock decides who has the task, whoever it is that claims, commits, saves or deletes.
CREATE TABLE ${schema}.sayiir_task_claims (
    instance_id        text COLLATE "C" NOT NULL,
    -- The label of the branch; empty for the main line.
    branch             text COLLATE "C" NOT NULL,
    task_id            text COLLATE "C" NOT NULL,
    -- active: to be run, or running. waiting: for a time, an event, or branches.
    status             text COLLATE "C" NOT NULL,
    -- When the task may next be dispatched, while claimed not before the claim ends; NULL when it waits for an event or for
    -- branches only, or its instance is paused.
    ready_at           timestamptz,
    -- Since when the instance has been at the task.
    started_at         timestamptz NOT NULL,
    -- Who holds the task, and until when; NULL when nobody does. The token grows with every claim, and fences its holder off
    -- once somebody else has the task.
    claim_token        bigint,
    claimed_at         timestamptz,
    expires_at         timestamptz,
    -- How often the task has been claimed since the instance came to it.
    attempts           integer NOT NULL DEFAULT 0,
    -- How often it has failed since then, and how many of its claims expired before their holders had ended it or given it
    -- back, as when a process dies.
    failures           bigint NOT NULL DEFAULT 0,
    crashes            integer NOT NULL DEFAULT 0,
    -- What decides who may claim it, here so that a poll reads nothing else.
    task_priority      smallint NOT NULL,
    definition_hash    text COLLATE "C" NOT NULL,
    task_tags          text[] COLLATE "C" NOT NULL,
    -- The worker on which it failed last, if it is to be tried again: others come first.
    last_failed_worker text COLLATE "C",
    -- Who holds the task, or held it last.
    worker_id          text COLLATE "C",
    -- What went wrong last.
    error              text,
    -- Since when workers have refused the task because they cannot do it, why the last one did, and what it was a build of.
    -- NULL when none has since something came of the task.
    refused_at         timestamptz,
    refusal            text COLLATE "C",
    refused_build      text COLLATE "C",
    -- Since when it is blocked: not due until somebody unblocks it. NULL when it is not.
    blocked_at         timestamptz,
    -- Of a branch: until when it is not to be dispatched, which ready_at does not tell while it is claimed or paused. What
    -- its task is given: the output of another task, and the checkpoint that holds it; or a part of branch_inputs, beginning
    -- with 1, where the control state is; or else the input of the workflow.
    not_before         timestamptz,
    after_task_id      text COLLATE "C",
    input_version      bigint,
    input_start        integer,
    input_bytes        integer,
    -- Of the main line while it waits for branches: how many are not done.
    branches_left      integer,
    -- Of the main line while it waits for an event: its name, and when the instance was created, by which those that wait for
    -- it are paged through. NULL otherwise, so that a step does not write them.
    awaited_event       text COLLATE "C",
    instance_created_at timestamptz,
    -- The task while nobody holds it and it is not blocked: to find who is at a task. An index of the task itself would cost every step its update
    -- in place; those that are claimed or blocked are few, and found by that.
    idle_task_id       text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN claim_token IS NULL AND blocked_at IS NULL THEN task_id END) STORED,
    CONSTRAINT sayiir_task_claims_pkey PRIMARY KEY (instance_id, branch),
    CONSTRAINT sayiir_task_claims_check CHECK (
        status IN ('active', 'waiting')
        AND task_priority BETWEEN 1 AND 5
        AND num_nulls(claim_token, claimed_at, expires_at) IN (0, 3)
        AND (claim_token IS NULL OR worker_id IS NOT NULL))
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);

-- The queue: within each priority by due time. What is parked or paused is not in it.
CREATE INDEX sayiir_task_claims_by_readiness ON ${schema}.sayiir_task_claims (task_priority, ready_at) WHERE ready_at IS NOT NULL;
-- Those that failed last at a worker, which it takes up after all others.
CREATE INDEX sayiir_task_claims_by_failure ON ${schema}.sayiir_task_claims (last_failed_worker, task_priority, ready_at) WHERE last_failed_worker IS NOT NULL AND ready_at IS NOT NULL;
-- "Who is at task X", of those that nobody holds.
CREATE INDEX sayiir_task_claims_idle ON ${schema}.sayiir_task_claims (idle_task_id, instance_id) WHERE idle_task_id IS NOT NULL;
-- What is blocked, longest first.
CREATE INDEX sayiir_task_claims_blocked ON ${schema}.sayiir_task_claims (blocked_at, instance_id, branch) WHERE blocked_at IS NOT NULL;
-- Who waits for an event, in the order of pages.
CREATE INDEX sayiir_task_claims_awaiting ON ${schema}.sayiir_task_claims (awaited_event, instance_created_at, instance_id) WHERE awaited_event IS NOT NULL;
-- All claims of one worker, to release them together. Not where there is a token: a statement that names a token would be
-- thought to find it soonest by reading all of this index, if the statistics are from a time of few claims.
CREATE INDEX sayiir_task_claims_by_worker ON ${schema}.sayiir_task_claims (worker_id) WHERE expires_at IS NOT NULL;

-- Grows with every acquisition of a claim. A cache per connection would let a later claim get a smaller number.
CREATE SEQUENCE ${schema}.sayiir_claim_token AS bigint CACHE 1;

-- One row per task that an instance has done or left, written when it ends. One that was done before and is to be done again
-- keeps its row until then.
CREATE TABLE ${schema}.sayiir_workflow_tasks (
    instance_id       text COLLATE "C" NOT NULL,
    task_id           text COLLATE "C" NOT NULL,
    -- skipped: left without a result that counts.
    status            text COLLATE "C" NOT NULL,
    -- The checkpoint that holds the task's latest result; NULL if there is none that counts.
    completed_version bigint,
    started_at        timestamptz NOT NULL,
    completed_at      timestamptz NOT NULL,
    attempts          integer NOT NULL,
    -- Who held it last.
    worker_id         text COLLATE "C",
    error             text,
    CONSTRAINT sayiir_workflow_tasks_pkey PRIMARY KEY (instance_id, task_id),
    CONSTRAINT sayiir_workflow_tasks_check CHECK (status IN ('completed', 'failed', 'cancelled', 'skipped'))
) WITH (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

-- Tasks, open and finished, under one name. One that is open again after it was done has a row of each kind. A condition on
-- the status that only open ones meet leaves the finished ones unread, because of the constraint on theirs.
CREATE VIEW ${schema}.sayiir_tasks AS
SELECT c.instance_id, c.task_id, NULLIF(c.branch, '') AS branch,
       CASE WHEN c.blocked_at IS NULL THEN c.status ELSE 'blocked' END AS status, c.ready_at, NULL::bigint AS completed_version,
       c.started_at, NULL::timestamptz AS completed_at, c.claim_token, c.claimed_at, c.expires_at, c.attempts, c.worker_id, c.error,
       c.refusal, c.blocked_at
FROM ${schema}.sayiir_task_claims AS c
UNION ALL
SELECT t.instance_id, t.task_id, NULL, t.status, NULL, t.completed_version, t.started_at, t.completed_at, NULL, NULL, NULL,
       t.attempts, t.worker_id, t.error, NULL, NULL
FROM ${schema}.sayiir_workflow_tasks AS t;

-- What happened to an instance, and what it was sent: requests and events that are not consumed yet are pending.
CREATE TABLE ${schema}.sayiir_workflow_events (
    instance_id  text COLLATE "C" NOT NULL,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    created_at   timestamptz NOT NULL,
    consumed_at  timestamptz,
    kind         text COLLATE "C" NOT NULL,
    -- The name of an external event; of a fork, the other instance.
    name         text COLLATE "C",
    requested_by text,
    reason       text,
    payload      bytea,
    -- The sender's own name for an external event: another one with the same name is dropped.
    event_key    text COLLATE "C",
    CONSTRAINT sayiir_workflow_events_pkey PRIMARY KEY (instance_id, id),
    CONSTRAINT sayiir_workflow_events_kind_check CHECK (kind IN ('Started', 'CancelRequested', 'PauseRequested', 'Cancelled', 'Paused', 'Resumed', 'Completed', 'Failed', 'Blocked', 'Unblocked', 'EventSent', 'Redriven', 'ForkedTo', 'ForkedFrom')),
    CONSTRAINT sayiir_workflow_events_name_check CHECK ((kind IN ('EventSent', 'ForkedTo', 'ForkedFrom')) = (name IS NOT NULL)),
    CONSTRAINT sayiir_workflow_events_payload_check CHECK ((kind = 'EventSent') = (payload IS NOT NULL))
);

-- At most one pending request of each kind per instance.
CREATE UNIQUE INDEX sayiir_workflow_events_pending_request ON ${schema}.sayiir_workflow_events (instance_id, kind) WHERE consumed_at IS NULL AND kind IN ('CancelRequested', 'PauseRequested');
-- Pending external events of one name, oldest first.
CREATE INDEX sayiir_workflow_events_pending_event ON ${schema}.sayiir_workflow_events (instance_id, name, id) WHERE consumed_at IS NULL AND kind = 'EventSent';
-- Each key once, also when the event has been consumed.
CREATE UNIQUE INDEX sayiir_workflow_events_by_key ON ${schema}.sayiir_workflow_events (instance_id, event_key) WHERE event_key IS NOT NULL;

-- What happened everywhere, to be followed.
CREATE INDEX sayiir_workflow_events_by_id ON ${schema}.sayiir_workflow_events (id);

-- How many instances there are of each status: the sum of its changes. A change adds a row and never updates one, so that
-- instances that end at the same time do not wait for each other. Who asks for the figures puts the rows together.
CREATE TABLE ${schema}.sayiir_workflow_counts (
    id     bigint GENERATED ALWAYS AS IDENTITY,
    status text COLLATE "C" NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT sayiir_workflow_counts_pkey PRIMARY KEY (id)
);

-- Large values: lz4 packs and unpacks several times faster than pglz. It came with PostgreSQL 14, and a server can be
-- built without it; both are fine, and then the default stays.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 140000 THEN
        -- As text, because an older server would not even parse it.
        EXECUTE $sql$ALTER TABLE ${schema}.sayiir_workflow_history
            ALTER COLUMN data SET COMPRESSION lz4,
            ALTER COLUMN outputs SET COMPRESSION lz4,
            ALTER COLUMN initial_input SET COMPRESSION lz4$sql$;
        EXECUTE $sql$ALTER TABLE ${schema}.sayiir_workflow_events ALTER COLUMN payload SET COMPRESSION lz4$sql$;
    END IF;
EXCEPTION
    WHEN feature_not_supported OR invalid_parameter_value THEN
        RAISE NOTICE 'This server has no lz4; large values are compressed with pglz';
END
$$;

COMMENT ON TABLE ${schema}.sayiir_workflows IS 'One row per workflow instance: status columns and a pointer to its current checkpoint';
COMMENT ON TABLE ${schema}.sayiir_workflow_history IS 'One immutable row per checkpoint';
COMMENT ON TABLE ${schema}.sayiir_task_claims IS 'The queue: one row per place at which an instance can go on, with who holds it until when';
COMMENT ON TABLE ${schema}.sayiir_workflow_tasks IS 'One row per task that an instance has done or left';
COMMENT ON VIEW ${schema}.sayiir_tasks IS 'Tasks, open and finished';
COMMENT ON TABLE ${schema}.sayiir_workflow_events IS 'Lifecycle event log; rows without consumed_at are pending';
COMMENT ON TABLE ${schema}.sayiir_workflow_counts IS 'How many instances there are of each status: the sum of its changes';
