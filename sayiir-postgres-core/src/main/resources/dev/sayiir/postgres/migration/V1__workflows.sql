-- The tables of sayiir-postgres, for PostgreSQL 13 and later.
-- ${schema} stands for the schema's name, quoted where it has to be.
--
-- Identifiers are compared byte by byte (COLLATE "C"): that is cheaper than a language's order, the same on every
-- server, and cannot be changed by an upgrade of the operating system.
-- instance_id leads every primary key, so that the data can be distributed by it.

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
    completed_at         timestamptz GENERATED ALWAYS AS (CASE WHEN status IN ('Completed', 'Failed', 'Cancelled') THEN updated_at END) STORED,
    CONSTRAINT sayiir_workflows_pkey PRIMARY KEY (instance_id),
    CONSTRAINT sayiir_workflows_instance_id_check CHECK (octet_length(instance_id) BETWEEN 1 AND 256),
    CONSTRAINT sayiir_workflows_version_check CHECK (version >= data_version AND data_version >= base_version AND base_version >= 1),
    CONSTRAINT sayiir_workflows_count_check CHECK (completed_task_count >= 0),
    CONSTRAINT sayiir_workflows_priority_check CHECK (task_priority BETWEEN 1 AND 5),
    CONSTRAINT sayiir_workflows_status_check CHECK (status IN ('InProgress', 'Paused', 'Completed', 'Failed', 'Cancelled')),
    CONSTRAINT sayiir_workflows_position_kind_check CHECK (position_kind IN ('NotStarted', 'AtTask', 'AtFork', 'AtJoin', 'AtDelay', 'AtSignal', 'InLoop')),
    CONSTRAINT sayiir_workflows_error_check CHECK ((status = 'Failed') = (error IS NOT NULL))
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
    -- The branch of a fork that this checkpoint ended, with that result.
    branch             text COLLATE "C",
    -- The tasks whose earlier results no longer count, as in another round of a loop.
    withdrawn_task_ids text[] COLLATE "C",
    -- Control state in the envelope: no outputs and no input in it. NULL if only results were added.
    data               bytea,
    -- Only with a baseline.
    initial_input      bytea,
    -- Drawn at random by whoever wrote it: one that lost the answer to a write finds out by it whether it is stored.
    write_id           bigint NOT NULL,
    CONSTRAINT sayiir_workflow_history_pkey PRIMARY KEY (instance_id, version),
    CONSTRAINT sayiir_workflow_history_version_check CHECK (version >= 1),
    CONSTRAINT sayiir_workflow_history_status_check CHECK (status IN ('InProgress', 'Paused', 'Completed', 'Failed', 'Cancelled')),
    CONSTRAINT sayiir_workflow_history_outputs_check CHECK (cardinality(completed_task_ids) IS NOT DISTINCT FROM cardinality(outputs)),
    CONSTRAINT sayiir_workflow_history_data_check CHECK (data IS NOT NULL OR completed_task_ids IS NOT NULL),
    CONSTRAINT sayiir_workflow_history_baseline_check CHECK (baseline OR initial_input IS NULL)
) WITH (
    -- Rows are only added: what matters is that they are frozen in small portions.
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

-- One row per task of an instance, and at the same time the queue: an open task that is due has a ready_at. A claim is part
-- of its task's row: one lock decides who has the task, whoever it is that claims, commits, saves or deletes.
CREATE TABLE ${schema}.sayiir_workflow_tasks (
    instance_id        text COLLATE "C" NOT NULL,
    task_id            text COLLATE "C" NOT NULL,
    -- active: to be run, or running. waiting: for a time or an event. skipped: left without a result that counts.
    status             text COLLATE "C" NOT NULL,
    -- When the task may next be dispatched, while claimed not before the claim ends; NULL when it is finished, waits for an
    -- event only, or its instance is paused.
    ready_at           timestamptz,
    -- The checkpoint that holds the task's latest result; NULL if there is none that counts.
    completed_version  bigint,
    started_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    -- Who holds the task, and until when; NULL when nobody does. The token grows with every claim, and fences its holder off
    -- once somebody else has the task.
    claim_token        bigint,
    claimed_at         timestamptz,
    claim_expires_at   timestamptz,
    -- How often the task has been claimed since it was opened.
    attempts           integer NOT NULL DEFAULT 0,
    -- What decides who may claim it, here so that a poll reads nothing else.
    task_priority      smallint NOT NULL,
    definition_hash    text COLLATE "C" NOT NULL,
    task_tags          text[] COLLATE "C" NOT NULL,
    -- The worker on which it failed last, if it is to be tried again: others come first.
    last_failed_worker text COLLATE "C",
    -- Who holds the task, or held it last.
    worker_id          text COLLATE "C",
    error              text,
    -- Of the task at which a branch of a fork stands: the label of the branch, the task in the branch before it, and until
    -- when it is not to be dispatched, which ready_at does not tell while it is claimed or paused.
    branch             text COLLATE "C",
    after_task_id      text COLLATE "C",
    not_before         timestamptz,
    -- Of the task that joins branches: how many are not done. It waits until there is none.
    branches_left      integer,
    CONSTRAINT sayiir_workflow_tasks_pkey PRIMARY KEY (instance_id, task_id),
    CONSTRAINT sayiir_workflow_tasks_task_id_check CHECK (octet_length(task_id) BETWEEN 1 AND 1024),
    CONSTRAINT sayiir_workflow_tasks_status_check CHECK (status IN ('active', 'waiting', 'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT sayiir_workflow_tasks_priority_check CHECK (task_priority BETWEEN 1 AND 5),
    CONSTRAINT sayiir_workflow_tasks_attempts_check CHECK (attempts >= 0),
    CONSTRAINT sayiir_workflow_tasks_ready_at_check CHECK (ready_at IS NULL OR status IN ('active', 'waiting')),
    CONSTRAINT sayiir_workflow_tasks_completed_at_check CHECK ((status IN ('active', 'waiting')) = (completed_at IS NULL)),
    CONSTRAINT sayiir_workflow_tasks_branches_left_check CHECK (branches_left >= 0),
    CONSTRAINT sayiir_workflow_tasks_claim_check CHECK (num_nulls(claim_token, claimed_at, claim_expires_at) IN (0, 3)),
    CONSTRAINT sayiir_workflow_tasks_claimed_check CHECK (claim_token IS NULL OR status IN ('active', 'waiting') AND worker_id IS NOT NULL)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);

-- The queue: within each priority by due time. Finished, parked and paused tasks are not in it.
CREATE INDEX sayiir_workflow_tasks_by_readiness ON ${schema}.sayiir_workflow_tasks (task_priority, ready_at) WHERE ready_at IS NOT NULL;
-- "Who is at task X": here, and not on the instance's row, which would lose its in-place updates.
CREATE INDEX sayiir_workflow_tasks_open ON ${schema}.sayiir_workflow_tasks (task_id, instance_id) WHERE status IN ('active', 'waiting');
-- All claims of one worker, to release them together.
CREATE INDEX sayiir_workflow_tasks_by_worker ON ${schema}.sayiir_workflow_tasks (worker_id) WHERE claim_token IS NOT NULL;

-- Grows with every acquisition of a claim. A cache per connection would let a later claim get a smaller number.
CREATE SEQUENCE ${schema}.sayiir_claim_token AS bigint CACHE 1;

-- Who holds which task, and until when by the database's clock.
CREATE VIEW ${schema}.sayiir_task_claims AS
SELECT t.instance_id, t.task_id, t.worker_id, t.claim_token, t.claimed_at, t.claim_expires_at AS expires_at
FROM ${schema}.sayiir_workflow_tasks AS t
WHERE t.claim_token IS NOT NULL;

-- What happened to an instance, and what it was sent: requests and events that are not consumed yet are pending.
CREATE TABLE ${schema}.sayiir_workflow_events (
    instance_id  text COLLATE "C" NOT NULL,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    created_at   timestamptz NOT NULL,
    consumed_at  timestamptz,
    kind         text COLLATE "C" NOT NULL,
    -- The name of an external event.
    name         text COLLATE "C",
    requested_by text,
    reason       text,
    payload      bytea,
    -- The sender's own name for an external event: another one with the same name is dropped.
    event_key    text COLLATE "C",
    CONSTRAINT sayiir_workflow_events_pkey PRIMARY KEY (instance_id, id),
    CONSTRAINT sayiir_workflow_events_kind_check CHECK (kind IN ('Started', 'CancelRequested', 'PauseRequested', 'Cancelled', 'Paused', 'Resumed', 'Completed', 'Failed', 'EventSent')),
    CONSTRAINT sayiir_workflow_events_name_check CHECK ((kind = 'EventSent') = (name IS NOT NULL)),
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

-- Logs every change of an instance's status, whichever statement makes it, so that none can be forgotten. An end drops
-- what is still pending, and a pause fulfils the request for it. All this runs after the statement has got the lock of the
-- instance's row, and so sees every request that was stored before; the statement itself might not.
CREATE FUNCTION ${schema}.sayiir_log_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind)
        VALUES (NEW.instance_id, NEW.updated_at, 'Started');
        IF NEW.status = 'InProgress' THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, requested_by, reason)
    VALUES (NEW.instance_id, NEW.updated_at, CASE NEW.status WHEN 'InProgress' THEN 'Resumed' ELSE NEW.status END,
            NEW.status_requested_by, COALESCE(NEW.error, NEW.status_reason));
    IF NEW.status <> 'InProgress' THEN
        UPDATE ${schema}.sayiir_workflow_events AS e
        SET consumed_at = NEW.updated_at
        WHERE e.instance_id = NEW.instance_id
          AND e.consumed_at IS NULL
          AND (e.kind = 'PauseRequested' OR NEW.status <> 'Paused' AND e.kind IN ('CancelRequested', 'EventSent'));
    END IF;
    -- The branches of a fork pause and resume with their instance; the task at which it stands itself is the statement's.
    IF NEW.status IN ('InProgress', 'Paused') THEN
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET ready_at = CASE WHEN NEW.status = 'InProgress'
                            THEN GREATEST(NEW.updated_at, t.not_before, t.claim_expires_at) END
        FROM (SELECT o.task_id
              FROM ${schema}.sayiir_workflow_tasks AS o
              WHERE o.instance_id = NEW.instance_id AND o.branch IS NOT NULL AND o.completed_at IS NULL
              ORDER BY o.task_id
              FOR UPDATE) AS b
        WHERE t.instance_id = NEW.instance_id AND t.task_id = b.task_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER sayiir_log_creation AFTER INSERT ON ${schema}.sayiir_workflows
    FOR EACH ROW EXECUTE FUNCTION ${schema}.sayiir_log_status();
CREATE TRIGGER sayiir_log_status AFTER UPDATE ON ${schema}.sayiir_workflows
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION ${schema}.sayiir_log_status();

-- How many instances there are of each status: the sum of its changes. A change adds a row and never updates one, so that
-- instances that end at the same time do not wait for each other. Who asks for the figures puts the rows together.
CREATE TABLE ${schema}.sayiir_workflow_counts (
    id     bigint GENERATED ALWAYS AS IDENTITY,
    status text COLLATE "C" NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT sayiir_workflow_counts_pkey PRIMARY KEY (id)
);

-- One row per status for a statement that makes or deletes many instances. An update is counted only if it changes the
-- status, so that a checkpoint costs nothing here.
CREATE FUNCTION ${schema}.sayiir_count_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            INSERT INTO ${schema}.sayiir_workflow_counts (status, change)
            SELECT a.status, count(*) FROM added AS a GROUP BY a.status;
        WHEN 'UPDATE' THEN
            INSERT INTO ${schema}.sayiir_workflow_counts (status, change) VALUES (OLD.status, -1), (NEW.status, 1);
        WHEN 'DELETE' THEN
            INSERT INTO ${schema}.sayiir_workflow_counts (status, change)
            SELECT r.status, -count(*) FROM removed AS r GROUP BY r.status;
    END CASE;
    RETURN NULL;
END
$$;

CREATE TRIGGER sayiir_count_added AFTER INSERT ON ${schema}.sayiir_workflows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.sayiir_count_status();
CREATE TRIGGER sayiir_count_removed AFTER DELETE ON ${schema}.sayiir_workflows
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.sayiir_count_status();
CREATE TRIGGER sayiir_count_changed AFTER UPDATE ON ${schema}.sayiir_workflows
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION ${schema}.sayiir_count_status();

-- Whether an instance has been asked to be cancelled or paused and is not yet. A volatile function, because its query then
-- sees what was committed while the statement that calls it waited for the instance's lock.
CREATE FUNCTION ${schema}.sayiir_is_signalled(instance text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                   WHERE e.instance_id = instance
                     AND e.kind IN ('CancelRequested', 'PauseRequested')
                     AND e.consumed_at IS NULL);
END
$$;

-- Whether an event of a name is there to be consumed; volatile for the same reason.
CREATE FUNCTION ${schema}.sayiir_has_event(instance text, event_name text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                   WHERE e.instance_id = instance
                     AND e.name = event_name
                     AND e.kind = 'EventSent'
                     AND e.consumed_at IS NULL);
END
$$;

-- Whether a task counts as done; volatile for the same reason.
CREATE FUNCTION ${schema}.sayiir_is_done(instance text, task text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM ${schema}.sayiir_workflow_tasks AS t
                   WHERE t.instance_id = instance AND t.task_id = task AND t.completed_version IS NOT NULL);
END
$$;

-- An instance as it is stored: first a row with its control state, then a row for each result. Through primary keys only:
-- the instance's row names the checkpoints to read, its task rows name those that hold the results. A result's checkpoint
-- is read once however many results it holds. Simple enough to be put into the calling statement by the planner.
CREATE FUNCTION ${schema}.sayiir_snapshot(instance text)
    RETURNS TABLE (version bigint, data_version bigint, incarnation bigint, trace_parent text, data bytea,
                   initial_input bytea, completed_version bigint, place bigint, completed_task_id text, output bytea,
                   branch text)
    LANGUAGE sql STABLE AS $$
WITH stored AS (
    SELECT w.version, w.data_version, w.base_version, w.incarnation, w.trace_parent, w.status
    FROM ${schema}.sayiir_workflows AS w
    WHERE w.instance_id = instance
), done AS (
    SELECT t.task_id, t.completed_version
    FROM stored AS i
    CROSS JOIN ${schema}.sayiir_workflow_tasks AS t
    WHERE t.instance_id = instance
      AND t.completed_version IS NOT NULL
      AND i.status NOT IN ('Completed', 'Failed')
)
SELECT i.version, i.data_version, i.incarnation, i.trace_parent, c.data, b.initial_input,
       NULL::bigint, NULL::bigint, NULL::text, NULL::bytea, NULL::text
FROM stored AS i
JOIN ${schema}.sayiir_workflow_history AS c ON c.instance_id = instance AND c.version = i.data_version
JOIN ${schema}.sayiir_workflow_history AS b ON b.instance_id = instance AND b.version = i.base_version
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, h.version, r.place, r.task_id, r.output, h.branch
FROM (SELECT DISTINCT d.completed_version FROM done AS d) AS v
JOIN ${schema}.sayiir_workflow_history AS h ON h.instance_id = instance AND h.version = v.completed_version
CROSS JOIN LATERAL unnest(h.completed_task_ids, h.outputs) WITH ORDINALITY AS r (task_id, output, place)
JOIN done AS d ON d.task_id = r.task_id AND d.completed_version = h.version
$$;

-- The same for a task that has just been claimed, and whether the instance is signalled. Volatile, so that it shows the
-- instance as the task's row was found under its lock: the snapshot of the statement that claims may be older.
CREATE FUNCTION ${schema}.sayiir_claimed_snapshot(instance text)
    RETURNS TABLE (version bigint, data_version bigint, incarnation bigint, trace_parent text, data bytea,
                   initial_input bytea, completed_version bigint, place bigint, completed_task_id text, output bytea,
                   branch text, signalled boolean)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN QUERY
    SELECT s.version, s.data_version, s.incarnation, s.trace_parent, s.data, s.initial_input,
           s.completed_version, s.place, s.completed_task_id, s.output, s.branch,
           CASE WHEN s.version IS NOT NULL THEN ${schema}.sayiir_is_signalled(instance) END
    FROM ${schema}.sayiir_snapshot(instance) AS s;
END
$$;

-- Deleting an instance deletes all that belongs to it. A trigger and not foreign keys: a key would look up and lock the
-- instance's row at every insert, while this costs nothing until an instance is deleted. It runs once the instance's
-- row is locked, and each of its statements sees what was committed until then.
CREATE FUNCTION ${schema}.sayiir_forget_instance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In the order in which others lock several claims at once.
    PERFORM t.task_id FROM ${schema}.sayiir_workflow_tasks AS t
    WHERE t.instance_id = OLD.instance_id AND t.claim_token IS NOT NULL
    ORDER BY t.task_id
    FOR UPDATE;
    DELETE FROM ${schema}.sayiir_workflow_tasks AS t WHERE t.instance_id = OLD.instance_id;
    DELETE FROM ${schema}.sayiir_workflow_events AS e WHERE e.instance_id = OLD.instance_id;
    DELETE FROM ${schema}.sayiir_workflow_history AS h WHERE h.instance_id = OLD.instance_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER sayiir_forget_instance AFTER DELETE ON ${schema}.sayiir_workflows
    FOR EACH ROW EXECUTE FUNCTION ${schema}.sayiir_forget_instance();

-- History is immutable: no checkpoint is ever changed, and one is deleted only with its instance (that is, from within
-- the trigger above) or by retention, which says so for its own transaction.
CREATE FUNCTION ${schema}.sayiir_refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history of instance % is immutable: version % cannot be changed or deleted by itself', OLD.instance_id, OLD.version
        USING ERRCODE = 'restrict_violation', HINT = 'Delete the instance, or let retention remove old versions.';
END
$$;

CREATE TRIGGER sayiir_refuse_history_update BEFORE UPDATE ON ${schema}.sayiir_workflow_history
    FOR EACH ROW EXECUTE FUNCTION ${schema}.sayiir_refuse_history_change();

CREATE TRIGGER sayiir_refuse_history_delete BEFORE DELETE ON ${schema}.sayiir_workflow_history
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND current_setting('sayiir.retention', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ${schema}.sayiir_refuse_history_change();

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
COMMENT ON TABLE ${schema}.sayiir_workflow_tasks IS 'One row per task of an instance; rows with ready_at are the queue';
COMMENT ON VIEW ${schema}.sayiir_task_claims IS 'Who holds which task until when';
COMMENT ON TABLE ${schema}.sayiir_workflow_events IS 'Lifecycle event log; rows without consumed_at are pending';
COMMENT ON TABLE ${schema}.sayiir_workflow_counts IS 'How many instances there are of each status: the sum of its changes';
