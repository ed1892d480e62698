-- The tables of sayiir-postgres, for PostgreSQL 13 and later.
-- ${schema} stands for the schema's name, quoted where it has to be.
--
-- Identifiers are compared byte by byte (COLLATE "C"): that is cheaper than a language's order, the same on every
-- server, and cannot be changed by an upgrade of the operating system.
-- instance_id leads every primary key, so that the data can be distributed by it.

-- The three tables that every step writes have no CHECK constraints and no generated columns: PostgreSQL parses and plans
-- the expressions of all of them again in every statement, which took a third of the server's time for a step. All
-- writing goes through the functions below and the statements beside them; the tests check the rules on what they leave.

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
    CONSTRAINT sayiir_workflows_pkey PRIMARY KEY (instance_id)
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
    error              text,
    -- Of the task at which a branch of a fork stands: the label of the branch, and until when it is not to be dispatched,
    -- which ready_at does not tell while it is claimed or paused. What it is given: the output of another task, and the
    -- checkpoint that holds it; or a part of branch_inputs, beginning with 1, where the control state is; or else the input
    -- of the workflow.
    branch             text COLLATE "C",
    not_before         timestamptz,
    after_task_id      text COLLATE "C",
    input_version      bigint,
    input_start        integer,
    input_bytes        integer,
    -- Of the task that joins branches: how many are not done. It waits until there is none.
    branches_left      integer,
    CONSTRAINT sayiir_workflow_tasks_pkey PRIMARY KEY (instance_id, task_id)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);

-- The queue: within each priority by due time. Finished, parked and paused tasks are not in it.
CREATE INDEX sayiir_workflow_tasks_by_readiness ON ${schema}.sayiir_workflow_tasks (task_priority, ready_at) WHERE ready_at IS NOT NULL;
-- Those that failed last at a worker, which it takes up after all others.
CREATE INDEX sayiir_workflow_tasks_by_failure ON ${schema}.sayiir_workflow_tasks (last_failed_worker, task_priority, ready_at) WHERE last_failed_worker IS NOT NULL AND ready_at IS NOT NULL;
-- "Who is at task X": here, and not on the instance's row, which would lose its in-place updates.
CREATE INDEX sayiir_workflow_tasks_open ON ${schema}.sayiir_workflow_tasks (task_id, instance_id) WHERE status IN ('active', 'waiting');
-- All claims of one worker, to release them together. Not where there is a token: a statement that names a token would be
-- thought to find it soonest by reading all of this index, if the statistics are from a time of few claims.
CREATE INDEX sayiir_workflow_tasks_by_worker ON ${schema}.sayiir_workflow_tasks (worker_id) WHERE claim_expires_at IS NOT NULL;

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
    -- Locked first, in the order of their keys: there may be thousands, and a join with the locked ones could go over all of
    -- them for each.
    IF NEW.status IN ('InProgress', 'Paused') THEN
        PERFORM FROM ${schema}.sayiir_workflow_tasks AS t
        WHERE t.instance_id = NEW.instance_id AND t.branch IS NOT NULL AND t.completed_at IS NULL
        ORDER BY t.task_id
        FOR UPDATE;
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET ready_at = CASE WHEN NEW.status = 'InProgress'
                            THEN GREATEST(NEW.updated_at, t.not_before, t.claim_expires_at) END
        WHERE t.instance_id = NEW.instance_id AND t.branch IS NOT NULL AND t.completed_at IS NULL;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER sayiir_log_creation AFTER INSERT ON ${schema}.sayiir_workflows
    FOR EACH ROW EXECUTE FUNCTION ${schema}.sayiir_log_status();
CREATE TRIGGER sayiir_log_status AFTER UPDATE OF status ON ${schema}.sayiir_workflows
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
CREATE TRIGGER sayiir_count_changed AFTER UPDATE OF status ON ${schema}.sayiir_workflows
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

-- An instance as it is stored: first a row with its control state, then a row for each result. Through primary keys only:
-- the instance's row names the checkpoints to read, its task rows name those that hold the results. A result's checkpoint
-- is read once however many results it holds; which of them still count is looked up by key for each. OFFSET 0 keeps the
-- planner from turning these look-ups into joins: by statistics of small instances it would go over all of one side for
-- each row of the other, which takes minutes for an instance with many results.
--
-- This and the other functions that every step takes have one plan for all instances, along the indexes: it is kept by the
-- session, however small the tables were when it was made. To plan them for each instance takes ten times as long as to run
-- them, and yet is what the server does if it is thought to save a few pages. And they are never compiled: for the little
-- that they do, that takes a hundred times as long as to do it. ROWS is for the statements that call them: of a function, a
-- thousand are expected, and a thousand times a thousand would have those compiled.
CREATE FUNCTION ${schema}.sayiir_snapshot(instance text)
    RETURNS TABLE (version bigint, data_version bigint, incarnation bigint, trace_parent text, data bytea,
                   branch_inputs bytea, initial_input bytea, completed_version bigint, place bigint,
                   completed_task_id text, output bytea, branch text)
    LANGUAGE plpgsql STABLE ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    SELECT w.version, w.data_version, w.incarnation, w.trace_parent, c.data, c.branch_inputs, b.initial_input,
           NULL::bigint, NULL::bigint, NULL::text, NULL::bytea, NULL::text
    FROM ${schema}.sayiir_workflows AS w
    JOIN ${schema}.sayiir_workflow_history AS c ON c.instance_id = instance AND c.version = w.data_version
    JOIN ${schema}.sayiir_workflow_history AS b ON b.instance_id = instance AND b.version = w.base_version
    WHERE w.instance_id = instance
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.version, r.place, r.task_id, r.output, h.branch
    FROM (SELECT DISTINCT t.completed_version
          FROM ${schema}.sayiir_workflow_tasks AS t
          WHERE t.instance_id = instance
            AND t.completed_version IS NOT NULL
            AND EXISTS (SELECT FROM ${schema}.sayiir_workflows AS w
                        WHERE w.instance_id = instance AND (w.status NOT IN ('Completed', 'Failed')) IS TRUE)
         ) AS v
    CROSS JOIN LATERAL (SELECT o.version, o.completed_task_ids, o.outputs, o.branch
                        FROM ${schema}.sayiir_workflow_history AS o
                        WHERE o.instance_id = instance AND o.version = v.completed_version
                        OFFSET 0) AS h
    CROSS JOIN LATERAL unnest(h.completed_task_ids, h.outputs) WITH ORDINALITY AS r (task_id, output, place)
    CROSS JOIN LATERAL (SELECT
                        FROM ${schema}.sayiir_workflow_tasks AS d
                        WHERE d.instance_id = instance AND d.task_id = r.task_id AND d.completed_version = h.version
                        OFFSET 0) AS counts;
END
$$;

-- The same for a task that has just been claimed, and whether the instance is signalled. Volatile, so that it shows the
-- instance as the task's row was found under its lock: the snapshot of the statement that claims may be older. Nothing for
-- no instance.
CREATE FUNCTION ${schema}.sayiir_claimed_snapshot(instance text)
    RETURNS TABLE (version bigint, data_version bigint, incarnation bigint, trace_parent text, data bytea,
                   branch_inputs bytea, initial_input bytea, completed_version bigint, place bigint,
                   completed_task_id text, output bytea, branch text, signalled boolean)
    LANGUAGE plpgsql VOLATILE STRICT ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    SELECT s.version, s.data_version, s.incarnation, s.trace_parent, s.data, s.branch_inputs, s.initial_input,
           s.completed_version, s.place, s.completed_task_id, s.output, s.branch,
           CASE WHEN s.version IS NOT NULL THEN ${schema}.sayiir_is_signalled(instance) END
    FROM ${schema}.sayiir_snapshot(instance) AS s;
END
$$;

-- What is recorded of a task whose claim expired, when it is claimed again.
CREATE FUNCTION ${schema}.sayiir_crash_of(worker text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT $text$Worker '$text$ || worker || $text$' did not end the task before its claim expired$text$
$$;

-- What a task of a branch needs that has just been claimed: a number of look-ups by key that is the same however many
-- branches there are, each an index scan of one row, whatever statistics say, since sub-selects are not joined. The control
-- state is not among it. What all branches share, and whether the instance is signalled, comes only where it is asked for;
-- nothing at all if the checkpoint that it is in has been lost.
CREATE FUNCTION ${schema}.sayiir_claimed_branch(instance text, claimed_task text, with_shared boolean)
    RETURNS TABLE (version bigint, join_task_id text, created_at timestamptz, updated_at timestamptz,
                   task_priority smallint, task_tags text[], trace_parent text, workflow_input bytea,
                   branch_input bytea, own_input boolean, signalled boolean)
    LANGUAGE plpgsql VOLATILE STRICT ROWS 1 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    SELECT w.version, w.current_task_id, w.created_at, w.updated_at, w.task_priority, w.task_tags, w.trace_parent,
           CASE WHEN with_shared THEN (SELECT b.initial_input
                                       FROM ${schema}.sayiir_workflow_history AS b
                                       WHERE b.instance_id = instance AND b.version = w.base_version) END,
           CASE WHEN t.input_bytes IS NOT NULL
                THEN (SELECT substr(c.branch_inputs, t.input_start, t.input_bytes)
                      FROM ${schema}.sayiir_workflow_history AS c
                      WHERE c.instance_id = instance AND c.version = w.data_version)
                WHEN t.after_task_id IS NOT NULL
                THEN (SELECT h.outputs[array_position(h.completed_task_ids, t.after_task_id)]
                      FROM ${schema}.sayiir_workflow_history AS h
                      WHERE h.instance_id = instance AND h.version = t.input_version) END,
           t.input_bytes IS NOT NULL,
           CASE WHEN with_shared THEN ${schema}.sayiir_is_signalled(instance) END
    FROM ${schema}.sayiir_workflow_tasks AS t
    JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = instance
    WHERE t.instance_id = instance
      AND t.task_id = claimed_task
      AND (NOT with_shared OR EXISTS (SELECT FROM ${schema}.sayiir_workflow_history AS b
                                      WHERE b.instance_id = instance AND b.version = w.base_version));
END
$$;

-- Claims the tasks that a worker may have and that come first: one short walk for each priority, along the index that the
-- condition leads to. Each takes as many rows as are wanted at most, oldest first; so the best of all rows are among them,
-- and nothing that is not due is read. What did not fail at this worker last comes first, along the dispatch index, and
-- after all of that what did, along an index of its own. Rows that somebody else is about to claim or to change are passed
-- over without waiting; what was locked and not chosen is free again when the transaction ends. One reading of the clock for
-- all times: a due time later than the claim's end means a back-off beyond it, even by a microsecond.
--
-- The conditions on a row are one CASE because the planner takes that to be true for half of the rows; by what it knows of
-- tags and workflows it can think that so few match that it reads and sorts all that is due. The one plan for all polls is
-- made without knowing how many rows are wanted; the planner assumes a tenth of the table, which it would sort and hash, so
-- that it may do neither. While next to nothing is due or has failed, both indexes look alike to it, and by the wrong one a
-- later poll would read all that is due: the comparison of rows is served by the right one only.
--
-- A sort that is forbidden and still needed, for the few that are chosen among, makes a plan seem to cost ten thousand million
-- pages. Where the server can compile plans it compiled this one at every poll, for a third of a second: hence jit = off. For
-- the statement around it, ROWS says that it answers with few; a thousand is what the server assumes, and of those it would
-- look for the snapshots.
CREATE FUNCTION ${schema}.sayiir_claim_due(
    p_worker_id text, p_limit bigint, p_ttl bigint, p_ageing bigint,
    p_any_definition boolean, p_definitions text[], p_any_task boolean, p_task_ids text[], p_any_tag boolean, p_tags text[])
    RETURNS TABLE (place bigint, instance_id text, task_id text, definition_hash text, worker_id text, claim_token bigint,
                   attempts integer, failures bigint, crashes integer, claimed_at timestamptz,
                   claim_expires_at timestamptz, claimed_branch text, after_task_id text)
    LANGUAGE plpgsql VOLATILE ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH other AS (
        SELECT c.instance_id, c.task_id, p.task_priority, c.ready_at
        FROM generate_series(1, 5) AS p (task_priority)
        CROSS JOIN LATERAL (
            SELECT t.instance_id, t.task_id, t.ready_at
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.task_priority = p.task_priority
              AND t.ready_at <= statement_timestamp()
              AND CASE WHEN t.last_failed_worker = p_worker_id THEN false
                  WHEN NOT p_any_definition AND t.definition_hash <> ALL (p_definitions) THEN false
                  WHEN NOT p_any_task AND t.status <> 'waiting' AND t.task_id <> ALL (p_task_ids) THEN false
                  ELSE p_any_tag OR t.task_tags <@ p_tags
                  END
            ORDER BY t.ready_at
            LIMIT p_limit
            FOR UPDATE SKIP LOCKED
        ) AS c
    ), failed_here AS (
        SELECT c.instance_id, c.task_id, p.task_priority, c.ready_at
        FROM generate_series(1, 5) AS p (task_priority)
        CROSS JOIN LATERAL (
            SELECT t.instance_id, t.task_id, t.ready_at
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE (t.last_failed_worker, t.task_priority, t.ready_at) >= (p_worker_id, p.task_priority, '-infinity')
              AND (t.last_failed_worker, t.task_priority, t.ready_at) <= (p_worker_id, p.task_priority, statement_timestamp())
              AND t.last_failed_worker IS NOT NULL
              AND t.ready_at IS NOT NULL
              AND CASE
                  WHEN NOT p_any_definition AND t.definition_hash <> ALL (p_definitions) THEN false
                  WHEN NOT p_any_task AND t.status <> 'waiting' AND t.task_id <> ALL (p_task_ids) THEN false
                  ELSE p_any_tag OR t.task_tags <@ p_tags
                  END
            ORDER BY t.last_failed_worker, t.task_priority, t.ready_at
            LIMIT p_limit
            FOR UPDATE SKIP LOCKED
        ) AS c
    ), due AS (
        SELECT c.instance_id, c.task_id,
               row_number() OVER (ORDER BY c.failed_here,
                   c.task_priority - extract(epoch FROM statement_timestamp() - c.ready_at) * 1000000 / p_ageing,
                   c.ready_at) AS place
        FROM (
            SELECT o.instance_id, o.task_id, o.task_priority, o.ready_at, false AS failed_here
            FROM other AS o
            UNION ALL
            SELECT f.instance_id, f.task_id, f.task_priority, f.ready_at, true
            FROM failed_here AS f
        ) AS c
    )
    UPDATE ${schema}.sayiir_workflow_tasks AS t
    SET claim_token = nextval($name$ ${schema}.sayiir_claim_token $name$),
        claimed_at = statement_timestamp(),
        claim_expires_at = statement_timestamp() + p_ttl * interval '1 microsecond',
        ready_at = statement_timestamp() + p_ttl * interval '1 microsecond',
        worker_id = p_worker_id,
        attempts = t.attempts + 1,
        -- A claim that is still there has expired.
        crashes = t.crashes + CASE WHEN t.claim_token IS NULL THEN 0 ELSE 1 END,
        error = CASE WHEN t.claim_token IS NULL THEN t.error ELSE ${schema}.sayiir_crash_of(t.worker_id) END
    FROM due AS d
    WHERE d.place <= p_limit AND t.instance_id = d.instance_id AND t.task_id = d.task_id
    RETURNING d.place, t.instance_id, t.task_id, t.definition_hash, t.worker_id, t.claim_token, t.attempts, t.failures,
              t.crashes, t.claimed_at, t.claim_expires_at, t.branch, t.after_task_id;
END
$$;

-- Writes a checkpoint: the instance's row, the history, the rows of its tasks. The instance's row is changed or inserted
-- first, so that whoever comes second waits there; what comes after sees all that was committed until then, because each
-- statement of a volatile function takes a snapshot of its own. A function and not one statement with all this in it: a
-- plan of so many parts takes longer to set up than to run, and here what is not needed is not even begun.
--
-- checkpoint_version stays NULL, and nothing is written, if the id is taken (p_based_on is NULL), another version is
-- stored, the instance is finished or gone, or the claim is lost; and, unless it waits, if somebody else has locked the
-- instance or the task. Times are microseconds or the database's own, read when both are locked.
CREATE FUNCTION ${schema}.sayiir_checkpoint(
    p_instance_id text, p_based_on bigint, p_incarnation bigint, p_write_id bigint,
    p_baseline boolean, p_created_at timestamptz, p_definition_hash text, p_initial_input bytea,
    p_status text, p_position_kind text, p_current_task_id text, p_completed_task_count integer, p_task_priority smallint,
    p_task_tags text[], p_trace_parent text, p_error text, p_status_reason text, p_status_requested_by text,
    p_data bytea, p_completed_task_ids text[], p_outputs bytea[], p_withdrawn_task_ids text[],
    -- Whether to wait for whoever has locked the instance.
    p_waits boolean,
    -- The task that is committed; whether it is done, and that is all of it; and the claim on the next one.
    p_claimed_task_id text, p_claim_token bigint, p_claimed_done boolean, p_worker_id text, p_carry_on bigint,
    -- The task at which the instance stands now.
    p_open_task_id text, p_open_done boolean, p_open_withdrawn boolean, p_waiting boolean, p_not_before timestamptz,
    p_awaited_event text, p_branches_left integer, p_last_failed_worker text, p_last_error text, p_failures bigint,
    -- Other tasks: done, or the first of a branch, or both; those that are closed or lose their results; open branches.
    p_put_task_ids text[], p_put_done boolean[], p_put_branches text[],
    -- What branches are given: a part of their own of branch_inputs, or else the output of the task before the fork.
    p_put_input_starts bigint[], p_put_input_bytes bigint[], p_branches_after text, p_branch_inputs bytea,
    p_closed_task_ids text[], p_closed_statuses text[], p_closed_withdrawn boolean[],
    p_fork_left boolean, p_left_status text,
    OUT checkpoint_version bigint, OUT checkpoint_at timestamptz,
    OUT next_claim_token bigint, OUT next_attempts integer, OUT next_expires_at timestamptz, OUT signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    running CONSTANT boolean := p_status = 'InProgress';
    now timestamptz;
    due timestamptz;
    after_version bigint;
BEGIN
    -- In the usual order of locks. Who has waited for the first sees by the second what the claim is now.
    IF p_based_on IS NOT NULL AND p_waits THEN
        PERFORM FROM ${schema}.sayiir_workflows AS w WHERE w.instance_id = p_instance_id FOR NO KEY UPDATE;
        IF FOUND AND p_claim_token IS NOT NULL THEN
            PERFORM FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = p_instance_id AND t.task_id = p_claimed_task_id AND t.claim_token = p_claim_token
            FOR NO KEY UPDATE;
        END IF;
    ELSIF p_based_on IS NOT NULL THEN
        PERFORM FROM ${schema}.sayiir_workflows AS w WHERE w.instance_id = p_instance_id FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND AND p_claim_token IS NOT NULL THEN
            PERFORM FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = p_instance_id AND t.task_id = p_claimed_task_id AND t.claim_token = p_claim_token
            FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
    END IF;
    IF p_based_on IS NOT NULL AND NOT FOUND THEN
        RETURN;
    END IF;
    now := clock_timestamp();

    IF p_based_on IS NULL THEN
        INSERT INTO ${schema}.sayiir_workflows AS w
            (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
             completed_task_count, task_priority, status, definition_hash, position_kind, current_task_id,
             task_tags, trace_parent, error, status_reason, status_requested_by)
        VALUES (p_instance_id, 1, 1, 1, p_incarnation, p_created_at, now,
                p_completed_task_count, p_task_priority, p_status, p_definition_hash, p_position_kind, p_current_task_id,
                p_task_tags, p_trace_parent, p_error, p_status_reason, p_status_requested_by)
        ON CONFLICT (instance_id) DO NOTHING
        RETURNING w.version, w.updated_at INTO checkpoint_version, checkpoint_at;
    ELSIF running AND NOT p_baseline THEN
        -- A step. It leaves the status alone, so that no trigger has to look at it, and every indexed column. IS TRUE, or the
        -- index by status is thought to be as good as the key if the statistics are from a time of few open instances.
        UPDATE ${schema}.sayiir_workflows AS w
        SET version = w.version + 1,
            data_version = w.version + 1,
            updated_at = now,
            completed_task_count = p_completed_task_count,
            task_priority = p_task_priority,
            position_kind = p_position_kind,
            current_task_id = p_current_task_id,
            task_tags = p_task_tags,
            trace_parent = p_trace_parent
        WHERE w.instance_id = p_instance_id
          AND w.version = p_based_on
          AND w.incarnation = p_incarnation
          AND (w.status = 'InProgress') IS TRUE
        RETURNING w.version, w.updated_at INTO checkpoint_version, checkpoint_at;
    END IF;
    IF checkpoint_version IS NULL AND p_based_on IS NOT NULL THEN
        UPDATE ${schema}.sayiir_workflows AS w
        SET version = w.version + 1,
            data_version = w.version + 1,
            base_version = CASE WHEN p_baseline THEN w.version + 1 ELSE w.base_version END,
            created_at = CASE WHEN p_baseline THEN p_created_at ELSE w.created_at END,
            updated_at = now,
            completed_task_count = p_completed_task_count,
            task_priority = p_task_priority,
            status = p_status,
            definition_hash = CASE WHEN p_baseline THEN p_definition_hash ELSE w.definition_hash END,
            position_kind = p_position_kind,
            current_task_id = p_current_task_id,
            task_tags = p_task_tags,
            trace_parent = p_trace_parent,
            error = p_error,
            status_reason = p_status_reason,
            status_requested_by = p_status_requested_by
        WHERE w.instance_id = p_instance_id
          AND w.version = p_based_on
          AND w.incarnation = p_incarnation
          AND (w.status IN ('InProgress', 'Paused')) IS TRUE
        RETURNING w.version, w.updated_at INTO checkpoint_version, checkpoint_at;
    END IF;
    IF checkpoint_version IS NULL THEN
        RETURN;
    END IF;

    INSERT INTO ${schema}.sayiir_workflow_history
        (instance_id, version, saved_at, baseline, status, current_task_id,
         completed_task_ids, outputs, withdrawn_task_ids, data, branch_inputs, initial_input, write_id)
    VALUES (p_instance_id, checkpoint_version, checkpoint_at, p_baseline, p_status, p_current_task_id,
            NULLIF(p_completed_task_ids, '{}'), NULLIF(p_outputs, '{}'), NULLIF(p_withdrawn_task_ids, '{}'),
            p_data, p_branch_inputs, p_initial_input, p_write_id)
    -- A cancel or a pause that was asked for until the lock was there; later ones find the task free, or claimed anew.
    RETURNING EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                      WHERE e.instance_id = p_instance_id
                        AND e.kind IN ('CancelRequested', 'PauseRequested')
                        AND e.consumed_at IS NULL)
    INTO signalled;

    IF p_fork_left THEN
        -- In the order of their keys, as those do who extend or release several claims.
        PERFORM FROM ${schema}.sayiir_workflow_tasks AS t
        WHERE t.instance_id = p_instance_id AND t.branch IS NOT NULL AND t.completed_at IS NULL
        ORDER BY t.task_id
        FOR UPDATE;
    END IF;

    IF p_claim_token IS NOT NULL THEN
        IF p_claimed_done THEN
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET status = 'completed',
                ready_at = NULL,
                completed_version = checkpoint_version,
                completed_at = checkpoint_at,
                claim_token = NULL,
                claimed_at = NULL,
                claim_expires_at = NULL,
                last_failed_worker = NULL,
                error = NULL,
                branch = NULL,
                after_task_id = NULL,
                not_before = NULL,
                branches_left = NULL
            WHERE t.instance_id = p_instance_id AND t.task_id = p_claimed_task_id AND t.claim_token = p_claim_token;
        ELSE
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET claim_token = NULL,
                claimed_at = NULL,
                claim_expires_at = NULL
            WHERE t.instance_id = p_instance_id AND t.task_id = p_claimed_task_id AND t.claim_token = p_claim_token;
        END IF;
    END IF;

    IF p_open_task_id IS NOT NULL THEN
        IF running THEN
            next_expires_at := checkpoint_at + p_carry_on * interval '1 microsecond';
            due := COALESCE(next_expires_at, p_not_before, CASE WHEN NOT p_waiting THEN checkpoint_at END);
            -- One that is sent later finds the instance at the wait.
            IF p_awaited_event IS NOT NULL THEN
                IF EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                           WHERE e.instance_id = p_instance_id
                             AND e.name = p_awaited_event
                             AND e.kind = 'EventSent'
                             AND e.consumed_at IS NULL) THEN
                    due := checkpoint_at;
                END IF;
            END IF;
        END IF;
        IF next_expires_at IS NOT NULL THEN
            -- Quoted by dollars, since there may be an apostrophe in the schema's name.
            next_claim_token := nextval($name$ ${schema}.sayiir_claim_token $name$);
        END IF;
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, ready_at, completed_version, started_at,
             claim_token, claimed_at, claim_expires_at, worker_id, attempts,
             task_priority, definition_hash, task_tags, last_failed_worker, error, failures, branches_left)
        VALUES (p_instance_id, p_open_task_id, CASE WHEN p_waiting THEN 'waiting' ELSE 'active' END, due,
                CASE WHEN p_open_done THEN checkpoint_version END, checkpoint_at,
                next_claim_token, CASE WHEN next_claim_token IS NOT NULL THEN checkpoint_at END, next_expires_at,
                CASE WHEN next_claim_token IS NOT NULL THEN p_worker_id END,
                CASE WHEN next_claim_token IS NOT NULL THEN 1 ELSE 0 END,
                p_task_priority, p_definition_hash, p_task_tags, p_last_failed_worker, p_last_error, p_failures,
                p_branches_left)
        ON CONFLICT (instance_id, task_id) DO NOTHING
        RETURNING t.attempts INTO next_attempts;
        IF NOT FOUND THEN
            -- It stays open and claimed, or is open again.
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET status = CASE WHEN p_waiting THEN 'waiting' ELSE 'active' END,
                ready_at = CASE WHEN due IS NOT NULL THEN GREATEST(due, t.claim_expires_at) END,
                completed_version = CASE WHEN p_open_done THEN checkpoint_version
                                         WHEN NOT p_open_withdrawn THEN t.completed_version END,
                started_at = CASE WHEN t.completed_at IS NOT NULL THEN checkpoint_at ELSE t.started_at END,
                completed_at = NULL,
                claim_token = COALESCE(next_claim_token, t.claim_token),
                claimed_at = CASE WHEN next_claim_token IS NOT NULL THEN checkpoint_at ELSE t.claimed_at END,
                claim_expires_at = COALESCE(next_expires_at, t.claim_expires_at),
                worker_id = CASE WHEN next_claim_token IS NOT NULL THEN p_worker_id ELSE t.worker_id END,
                attempts = CASE WHEN next_claim_token IS NOT NULL THEN 1 ELSE 0 END
                           + CASE WHEN t.completed_at IS NULL AND NOT p_open_done THEN t.attempts ELSE 0 END,
                failures = p_failures,
                crashes = CASE WHEN t.completed_at IS NULL AND NOT p_open_done THEN t.crashes ELSE 0 END,
                task_priority = p_task_priority,
                definition_hash = p_definition_hash,
                task_tags = p_task_tags,
                last_failed_worker = p_last_failed_worker,
                error = p_last_error,
                branch = NULL,
                after_task_id = NULL,
                not_before = NULL,
                branches_left = p_branches_left
            WHERE t.instance_id = p_instance_id AND t.task_id = p_open_task_id
            RETURNING t.attempts INTO next_attempts;
        END IF;
    END IF;

    IF p_branches_after = ANY (p_completed_task_ids) THEN
        after_version := checkpoint_version;
    ELSIF p_branches_after IS NOT NULL THEN
        after_version := (SELECT t.completed_version
                          FROM ${schema}.sayiir_workflow_tasks AS t
                          WHERE t.instance_id = p_instance_id AND t.task_id = p_branches_after);
    END IF;
    IF cardinality(p_put_task_ids) > 0 THEN
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, ready_at, completed_version, started_at, completed_at,
             task_priority, definition_hash, task_tags, branch, after_task_id, input_version, input_start, input_bytes)
        SELECT p_instance_id, p.task_id, CASE WHEN p.branch IS NULL THEN 'completed' ELSE 'active' END,
               CASE WHEN p.branch IS NOT NULL AND running THEN checkpoint_at END,
               CASE WHEN p.done THEN checkpoint_version END, checkpoint_at,
               CASE WHEN p.branch IS NULL THEN checkpoint_at END,
               p_task_priority, p_definition_hash, p_task_tags, p.branch,
               CASE WHEN p.branch IS NOT NULL AND p.input_bytes IS NULL AND after_version IS NOT NULL
                    THEN p_branches_after END,
               CASE WHEN p.branch IS NOT NULL AND p.input_bytes IS NULL THEN after_version END,
               p.input_start::integer, p.input_bytes::integer
        FROM unnest(p_put_task_ids, p_put_done, p_put_branches, p_put_input_starts, p_put_input_bytes)
            AS p (task_id, done, branch, input_start, input_bytes)
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = excluded.status,
            ready_at = CASE WHEN excluded.ready_at IS NOT NULL
                            THEN GREATEST(excluded.ready_at, t.claim_expires_at) END,
            completed_version = COALESCE(excluded.completed_version,
                                         CASE WHEN excluded.branch IS NULL THEN t.completed_version END),
            started_at = CASE WHEN excluded.completed_at IS NULL AND t.completed_at IS NOT NULL
                              THEN excluded.started_at ELSE t.started_at END,
            completed_at = excluded.completed_at,
            claim_token = CASE WHEN excluded.completed_at IS NULL THEN t.claim_token END,
            claimed_at = CASE WHEN excluded.completed_at IS NULL THEN t.claimed_at END,
            claim_expires_at = CASE WHEN excluded.completed_at IS NULL THEN t.claim_expires_at END,
            attempts = CASE WHEN excluded.completed_at IS NULL
                                 AND (t.completed_at IS NOT NULL OR excluded.completed_version IS NOT NULL)
                            THEN 0 ELSE t.attempts END,
            failures = 0,
            crashes = CASE WHEN excluded.completed_at IS NULL
                                AND (t.completed_at IS NOT NULL OR excluded.completed_version IS NOT NULL)
                           THEN 0 ELSE t.crashes END,
            task_priority = excluded.task_priority,
            definition_hash = excluded.definition_hash,
            task_tags = excluded.task_tags,
            last_failed_worker = NULL,
            error = NULL,
            branch = excluded.branch,
            after_task_id = excluded.after_task_id,
            input_version = excluded.input_version,
            input_start = excluded.input_start,
            input_bytes = excluded.input_bytes,
            not_before = NULL,
            branches_left = NULL;
    END IF;

    IF cardinality(p_closed_task_ids) > 0 THEN
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET status = c.status,
            ready_at = NULL,
            claim_token = NULL,
            claimed_at = NULL,
            claim_expires_at = NULL,
            task_priority = p_task_priority,
            definition_hash = p_definition_hash,
            task_tags = p_task_tags,
            last_failed_worker = NULL,
            completed_version = CASE WHEN NOT c.withdrawn THEN t.completed_version END,
            completed_at = checkpoint_at,
            error = CASE WHEN c.status = 'failed' THEN p_error END,
            branch = NULL,
            after_task_id = NULL,
            not_before = NULL,
            branches_left = NULL
        FROM unnest(p_closed_task_ids, p_closed_statuses, p_closed_withdrawn) AS c (task_id, status, withdrawn)
        WHERE t.instance_id = p_instance_id AND t.task_id = c.task_id;
    END IF;

    IF p_fork_left THEN
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET status = p_left_status,
            ready_at = NULL,
            claim_token = NULL,
            claimed_at = NULL,
            claim_expires_at = NULL,
            completed_at = checkpoint_at,
            error = p_error
        WHERE t.instance_id = p_instance_id
          AND t.branch IS NOT NULL
          AND t.completed_at IS NULL
          -- A sub-select, which is hashed: an array would be gone through for each of them.
          AND t.task_id NOT IN (SELECT p.task_id FROM unnest(p_put_task_ids) AS p (task_id));
    END IF;
END
$$;

-- Commits steps, the checkpoints that most are: a claimed task is done, and another task is to be run. Any number of them,
-- of different instances, in two statements: what each writes is the same as by sayiir_checkpoint, and what a statement
-- costs is paid once for all of them.
--
-- The first statement locks the instances in the order of their keys and the claims with them, and keeps those of which
-- everything is as it should be: a row is returned only for these. The others are not touched; unless it waits, those are
-- among them that somebody else has locked. The second one takes a snapshot after that, and finds all rows by their keys; each
-- of its parts is joined to the steps only, since two of its parts would be compared row by row.
CREATE FUNCTION ${schema}.sayiir_commit_steps(
    p_waits boolean,
    -- Of each step, at the same place. Tags are an array in text form.
    p_instance_ids text[], p_based_on bigint[], p_incarnations bigint[], p_write_ids bigint[],
    p_completed_task_counts integer[], p_task_priorities smallint[], p_task_tags text[], p_trace_parents text[],
    p_data bytea[], p_task_ids text[], p_claim_tokens bigint[], p_outputs bytea[], p_next_task_ids text[],
    -- For how long the claim is carried on to the next task, in microseconds; NULL if it is not.
    p_carry_on bigint[])
    RETURNS TABLE (place bigint, checkpoint_version bigint, checkpoint_at timestamptz, next_claim_token bigint,
                   next_attempts integer, next_expires_at timestamptz, signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    free bigint[];
    now timestamptz;
BEGIN
    IF p_waits THEN
        SELECT array_agg(l.place) INTO free
        FROM (SELECT s.place
              FROM unnest(p_instance_ids, p_based_on, p_incarnations, p_task_ids, p_claim_tokens)
                   WITH ORDINALITY AS s (instance_id, based_on, incarnation, task_id, claim_token, place)
              JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = s.instance_id
              JOIN ${schema}.sayiir_workflow_tasks AS t ON t.instance_id = s.instance_id AND t.task_id = s.task_id
              WHERE w.version = s.based_on
                AND w.incarnation = s.incarnation
                AND (w.status = 'InProgress') IS TRUE
                AND t.claim_token = s.claim_token
              ORDER BY w.instance_id
              FOR NO KEY UPDATE OF w, t) AS l;
    ELSE
        SELECT array_agg(l.place) INTO free
        FROM (SELECT s.place
              FROM unnest(p_instance_ids, p_based_on, p_incarnations, p_task_ids, p_claim_tokens)
                   WITH ORDINALITY AS s (instance_id, based_on, incarnation, task_id, claim_token, place)
              JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = s.instance_id
              JOIN ${schema}.sayiir_workflow_tasks AS t ON t.instance_id = s.instance_id AND t.task_id = s.task_id
              WHERE w.version = s.based_on
                AND w.incarnation = s.incarnation
                AND (w.status = 'InProgress') IS TRUE
                AND t.claim_token = s.claim_token
              ORDER BY w.instance_id
              FOR NO KEY UPDATE OF w, t SKIP LOCKED) AS l;
    END IF;
    IF free IS NULL THEN
        RETURN;
    END IF;
    now := clock_timestamp();

    RETURN QUERY
    WITH step AS (
        SELECT s.instance_id, s.based_on + 1 AS version, s.write_id, s.completed_task_count, s.task_priority,
               s.task_tags::text[] AS task_tags, s.trace_parent, s.data, s.task_id, s.output, s.next_task_id,
               now + s.carry_on * interval '1 microsecond' AS next_expires_at,
               -- Quoted by dollars, since there may be an apostrophe in the schema's name.
               CASE WHEN s.carry_on IS NOT NULL THEN nextval($name$ ${schema}.sayiir_claim_token $name$) END AS next_claim_token,
               s.place
        FROM unnest(p_instance_ids, p_based_on, p_write_ids, p_completed_task_counts, p_task_priorities, p_task_tags,
                    p_trace_parents, p_data, p_task_ids, p_outputs, p_next_task_ids, p_carry_on)
             WITH ORDINALITY AS s (instance_id, based_on, write_id, completed_task_count, task_priority, task_tags,
                                   trace_parent, data, task_id, output, next_task_id, carry_on, place)
        WHERE s.place = ANY (free)
    ), instance AS (
        -- Leaves the status alone, so that no trigger has to look at it, and every indexed column.
        UPDATE ${schema}.sayiir_workflows AS w
        SET version = s.version,
            data_version = s.version,
            updated_at = now,
            completed_task_count = s.completed_task_count,
            task_priority = s.task_priority,
            position_kind = 'AtTask',
            current_task_id = s.next_task_id,
            task_tags = s.task_tags,
            trace_parent = s.trace_parent
        FROM step AS s
        WHERE w.instance_id = s.instance_id
        RETURNING s.place, s.instance_id, s.task_id, s.next_task_id, s.task_priority, s.task_tags, s.next_claim_token,
                  s.next_expires_at, s.version, w.definition_hash
    ), checkpoint AS (
        INSERT INTO ${schema}.sayiir_workflow_history
            (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs, data, write_id)
        SELECT s.instance_id, s.version, now, false, 'InProgress', s.next_task_id, ARRAY[s.task_id], ARRAY[s.output], s.data, s.write_id
        FROM step AS s
    ), done AS (
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET status = 'completed',
            ready_at = NULL,
            completed_version = i.version,
            completed_at = now,
            claim_token = NULL,
            claimed_at = NULL,
            claim_expires_at = NULL,
            last_failed_worker = NULL,
            error = NULL,
            branch = NULL,
            after_task_id = NULL,
            not_before = NULL,
            branches_left = NULL
        FROM instance AS i
        WHERE t.instance_id = i.instance_id AND t.task_id = i.task_id
        RETURNING i.place, i.instance_id, i.version, i.next_task_id, i.task_priority, i.task_tags, i.definition_hash,
                  i.next_claim_token, i.next_expires_at, t.worker_id
    ), opened AS (
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, ready_at, started_at, claim_token, claimed_at, claim_expires_at, worker_id, attempts,
             task_priority, definition_hash, task_tags)
        SELECT d.instance_id, d.next_task_id, 'active', COALESCE(d.next_expires_at, now), now, d.next_claim_token,
               CASE WHEN d.next_claim_token IS NOT NULL THEN now END, d.next_expires_at,
               CASE WHEN d.next_claim_token IS NOT NULL THEN d.worker_id END,
               CASE WHEN d.next_claim_token IS NOT NULL THEN 1 ELSE 0 END,
               d.task_priority, d.definition_hash, d.task_tags
        FROM done AS d
        -- In another round of a loop: it was closed, and is open again.
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = 'active',
            ready_at = excluded.ready_at,
            started_at = now,
            completed_at = NULL,
            claim_token = excluded.claim_token,
            claimed_at = excluded.claimed_at,
            claim_expires_at = excluded.claim_expires_at,
            worker_id = COALESCE(excluded.worker_id, t.worker_id),
            attempts = excluded.attempts,
            failures = 0,
            crashes = 0,
            task_priority = excluded.task_priority,
            definition_hash = excluded.definition_hash,
            task_tags = excluded.task_tags,
            last_failed_worker = NULL,
            error = NULL,
            branch = NULL,
            after_task_id = NULL,
            not_before = NULL,
            branches_left = NULL
    )
    SELECT d.place, d.version, now, d.next_claim_token, CASE WHEN d.next_claim_token IS NOT NULL THEN 1 ELSE 0 END,
           d.next_expires_at,
           -- A cancel or a pause that was asked for until the lock was there; later ones find the task free, or claimed anew.
           EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                   WHERE e.instance_id = d.instance_id
                     AND e.kind IN ('CancelRequested', 'PauseRequested')
                     AND e.consumed_at IS NULL)
    FROM done AS d;
END
$$;

-- Commits a task of a branch, whatever version its instance has by now: it only adds to it. Locks the instance, then the
-- task, as a commit on the main line does; what is looked up after that was committed before the lock was there. A branch
-- ends with its label in the history, and the task that joins counts down: it is due when none is left. checkpoint_version
-- stays NULL, and nothing is written, if the claim is lost or the instance is finished or gone; and, unless it waits, if
-- somebody else has locked the instance or the task.
CREATE FUNCTION ${schema}.sayiir_commit_branch(
    p_waits boolean, p_instance_id text, p_task_id text, p_claim_token bigint, p_output bytea, p_write_id bigint,
    -- The next task of the branch, if it goes on; how long that is to wait; and the claim on it, if it is not.
    p_next_task_id text, p_delay bigint, p_carry_on bigint, p_worker_id text,
    OUT checkpoint_version bigint, OUT next_claim_token bigint, OUT next_claimed_at timestamptz,
    OUT next_expires_at timestamptz, OUT signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    instance record;
    checkpoint_at timestamptz;
    standing_in text;
    again boolean := false;
    next_not_before timestamptz;
    next_worker_id text;
    next_attempts integer := 0;
BEGIN
    IF p_waits THEN
        SELECT w.version, w.status, w.current_task_id, w.task_priority, w.definition_hash, w.task_tags
        INTO instance
        FROM ${schema}.sayiir_workflows AS w
        WHERE w.instance_id = p_instance_id
        FOR NO KEY UPDATE;
    ELSE
        SELECT w.version, w.status, w.current_task_id, w.task_priority, w.definition_hash, w.task_tags
        INTO instance
        FROM ${schema}.sayiir_workflows AS w
        WHERE w.instance_id = p_instance_id
        FOR NO KEY UPDATE SKIP LOCKED;
        -- Of the task it is enough to know that nobody has locked it: whoever does so now has to have the instance first,
        -- but for those who renew or give back claims, and they do not wait.
        IF FOUND THEN
            PERFORM FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = p_instance_id AND t.task_id = p_task_id
            FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
    END IF;
    IF NOT FOUND OR instance.status NOT IN ('InProgress', 'Paused') THEN
        RETURN;
    END IF;

    checkpoint_at := clock_timestamp();
    UPDATE ${schema}.sayiir_workflow_tasks AS t
    SET status = 'completed',
        ready_at = NULL,
        completed_version = instance.version + 1,
        completed_at = checkpoint_at,
        claim_token = NULL,
        claimed_at = NULL,
        claim_expires_at = NULL,
        not_before = NULL,
        error = NULL
    WHERE t.instance_id = p_instance_id
      AND t.task_id = p_task_id
      AND t.claim_token = p_claim_token
      AND t.branch IS NOT NULL
    RETURNING t.branch INTO standing_in;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    IF p_next_task_id IS NOT NULL THEN
        again := EXISTS (SELECT FROM ${schema}.sayiir_workflow_tasks AS t
                         WHERE t.instance_id = p_instance_id
                           AND t.task_id = p_next_task_id
                           AND t.completed_version IS NOT NULL);
    END IF;
    UPDATE ${schema}.sayiir_workflows AS w
    SET version = w.version + 1,
        updated_at = checkpoint_at,
        completed_task_count = w.completed_task_count + CASE WHEN again THEN 0 ELSE 1 END
    WHERE w.instance_id = p_instance_id
    RETURNING w.version INTO checkpoint_version;

    INSERT INTO ${schema}.sayiir_workflow_history
        (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs,
         withdrawn_task_ids, branch, write_id)
    VALUES (p_instance_id, checkpoint_version, checkpoint_at, false, instance.status, instance.current_task_id,
            ARRAY[p_task_id], ARRAY[p_output], CASE WHEN again THEN ARRAY[p_next_task_id] END,
            CASE WHEN p_next_task_id IS NULL THEN standing_in END, p_write_id)
    RETURNING EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                      WHERE e.instance_id = p_instance_id
                        AND e.kind IN ('CancelRequested', 'PauseRequested')
                        AND e.consumed_at IS NULL)
    INTO signalled;

    IF p_next_task_id IS NULL THEN
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET branches_left = t.branches_left - 1,
            status = CASE WHEN t.branches_left = 1 THEN 'active' ELSE t.status END,
            ready_at = CASE WHEN t.branches_left = 1 AND instance.status = 'InProgress' THEN checkpoint_at END
        WHERE t.instance_id = p_instance_id AND t.task_id = instance.current_task_id;
        RETURN;
    END IF;

    next_not_before := checkpoint_at + p_delay * interval '1 microsecond';
    IF p_carry_on IS NOT NULL AND p_delay IS NULL AND instance.status = 'InProgress' THEN
        next_claim_token := nextval($name$ ${schema}.sayiir_claim_token $name$);
        next_claimed_at := checkpoint_at;
        next_expires_at := checkpoint_at + p_carry_on * interval '1 microsecond';
        next_worker_id := p_worker_id;
        next_attempts := 1;
    END IF;
    INSERT INTO ${schema}.sayiir_workflow_tasks AS t
        (instance_id, task_id, status, ready_at, started_at, claim_token, claimed_at, claim_expires_at,
         worker_id, attempts, task_priority, definition_hash, task_tags, branch, after_task_id, input_version, not_before)
    VALUES (p_instance_id, p_next_task_id, 'active',
            CASE WHEN instance.status = 'InProgress' THEN COALESCE(next_expires_at, next_not_before, checkpoint_at) END,
            checkpoint_at, next_claim_token, next_claimed_at, next_expires_at,
            next_worker_id, next_attempts, instance.task_priority, instance.definition_hash, instance.task_tags,
            standing_in, p_task_id, checkpoint_version, next_not_before)
    ON CONFLICT (instance_id, task_id) DO UPDATE SET
        status = excluded.status,
        ready_at = excluded.ready_at,
        completed_version = NULL,
        started_at = excluded.started_at,
        completed_at = NULL,
        claim_token = excluded.claim_token,
        claimed_at = excluded.claimed_at,
        claim_expires_at = excluded.claim_expires_at,
        worker_id = excluded.worker_id,
        attempts = excluded.attempts,
        failures = 0,
        crashes = 0,
        task_priority = excluded.task_priority,
        definition_hash = excluded.definition_hash,
        task_tags = excluded.task_tags,
        last_failed_worker = NULL,
        error = NULL,
        branch = excluded.branch,
        after_task_id = excluded.after_task_id,
        input_version = excluded.input_version,
        input_start = NULL,
        input_bytes = NULL,
        not_before = excluded.not_before,
        branches_left = NULL;
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
