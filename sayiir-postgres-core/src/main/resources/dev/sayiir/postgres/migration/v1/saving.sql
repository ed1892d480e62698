-- Three functions write checkpoints: sayiir_checkpoint whatever a snapshot can ask for, of one instance; sayiir_commit_tasks
-- what comes of claimed tasks on the main line, and sayiir_commit_branches of those in branches, both of any number of
-- instances. All of them lock the instance first, then its places, and never wait for one that somebody else has locked, but
-- for a save, which has no claim. Each statement of a volatile function takes a snapshot of its own; so what comes after the
-- locks sees all that was committed until then. Times are the database's, read when everything is locked.

-- Until when a claim lasts that is carried on for so many microseconds. It keeps its end while at least half of them are left:
-- its worker renews it anyway, and so the update touches no index. A part of the statements that call it.
CREATE FUNCTION ${schema}.sayiir_carried_until(expires_at timestamptz, now timestamptz, carry_on bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN expires_at >= now + carry_on / 2 * interval '1 microsecond'
                     AND expires_at <= now + carry_on * interval '1 microsecond' THEN expires_at
                ELSE now + carry_on * interval '1 microsecond' END
$$;

-- Writes a checkpoint: the instance's row, the history, the tasks that are done or left, the places. Statement by statement
-- and not one with all this in it: a plan of so many parts takes longer to set up than to run, and here what is not needed
-- is not even begun.
--
-- checkpoint_version stays NULL, and nothing is written, if the id is taken (p_based_on is NULL), another version is
-- stored, the instance is finished or gone, the claim is lost, or somebody else has locked the instance or the task. A
-- redrive is the only thing that may find the instance finished, and finds no place of it: none is left at an end, and whoever
-- redrives has left the others.
-- Durations are microseconds.
CREATE FUNCTION ${schema}.sayiir_checkpoint(
    p_instance_id text, p_based_on bigint, p_incarnation bigint, p_write_id bigint,
    p_baseline boolean, p_created_at timestamptz, p_definition_hash text, p_initial_input bytea,
    p_status text, p_position_kind text, p_current_task_id text, p_completed_task_count integer, p_task_priority smallint,
    p_task_tags text[], p_trace_parent text, p_error text, p_status_reason text, p_status_requested_by text,
    p_data bytea, p_completed_task_ids text[], p_outputs bytea[], p_withdrawn_task_ids text[],
    -- The claim of the task that is committed, and for how long it is carried on to the next one.
    p_claimed_branch text, p_claim_token bigint, p_carry_on bigint,
    -- The task at which the main line stands now.
    p_open_task_id text, p_waiting boolean, p_not_before timestamptz, p_awaited_event text, p_branches_left integer,
    p_last_failed_worker text, p_last_error text, p_failures bigint,
    -- Whether the branches that there are do not go on; those that begin, and what they are given: a part of their own of
    -- branch_inputs, or else the output of the task before the fork.
    p_fork_left boolean, p_branches text[], p_branch_task_ids text[], p_branch_input_starts bigint[],
    p_branch_input_bytes bigint[], p_branches_after text, p_branch_inputs bytea, p_redrive boolean,
    OUT checkpoint_version bigint, OUT checkpoint_at timestamptz,
    OUT next_claim_token bigint, OUT next_attempts integer, OUT next_expires_at timestamptz, OUT signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    running CONSTANT boolean := p_status = 'InProgress';
    -- Whether the task at which the main line stands has been done, and is to be done again.
    again CONSTANT boolean := COALESCE(p_open_task_id = ANY (p_completed_task_ids), false);
    -- The place that is committed, or else the main line.
    place record;
    -- Whether the main line stands at the task at which it stood.
    stays boolean := false;
    now timestamptz;
    created timestamptz;
    due timestamptz;
    after_version bigint;
BEGIN
    IF p_based_on IS NOT NULL THEN
        PERFORM FROM ${schema}.sayiir_workflows AS w WHERE w.instance_id = p_instance_id FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        IF p_claim_token IS NULL THEN
            SELECT c.task_id, c.expires_at INTO place
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = p_instance_id AND c.branch = ''
            FOR NO KEY UPDATE;
        ELSE
            SELECT c.task_id, c.expires_at INTO place
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = p_instance_id AND c.branch = p_claimed_branch AND c.claim_token = p_claim_token
            FOR NO KEY UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                RETURN;
            END IF;
        END IF;
        stays := COALESCE(place.task_id = p_open_task_id, false) AND NOT again;
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
        RETURNING w.version, w.updated_at, w.created_at INTO checkpoint_version, checkpoint_at, created;
    ELSE
        -- A trigger logs a change of the status. IS TRUE, or the index by status is thought to be as good as the key if the
        -- statistics are from a time of few open instances.
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
          AND (p_redrive OR w.status IN ('InProgress', 'Paused')) IS TRUE
        RETURNING w.version, w.updated_at, w.created_at INTO checkpoint_version, checkpoint_at, created;
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

    -- The main line and the branches that do not go on are left; at an end the trigger has left everything already.
    IF p_based_on IS NOT NULL AND p_status IN ('InProgress', 'Paused') THEN
        IF NOT stays THEN
            INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                (instance_id, task_id, status, started_at, completed_at, attempts, worker_id)
            SELECT p_instance_id, c.task_id, CASE c.status WHEN 'waiting' THEN 'completed' ELSE 'skipped' END,
                   c.started_at, checkpoint_at, c.attempts, c.worker_id
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = p_instance_id AND c.branch = ''
            ON CONFLICT (instance_id, task_id) DO UPDATE SET
                status = excluded.status,
                started_at = excluded.started_at,
                completed_at = excluded.completed_at,
                attempts = excluded.attempts,
                worker_id = excluded.worker_id,
                error = NULL;
        END IF;
        IF p_fork_left OR p_branches_left IS NOT NULL AND cardinality(p_completed_task_ids) > 0 THEN
            -- In the order of their keys, as those do who extend or release several claims.
            PERFORM FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = p_instance_id AND c.branch <> ''
            ORDER BY c.branch
            FOR UPDATE;
            -- Sub-selects, which are hashed: an array would be gone through for each of them.
            WITH ended AS (
                DELETE FROM ${schema}.sayiir_task_claims AS c
                WHERE c.instance_id = p_instance_id
                  AND c.branch <> ''
                  AND (p_fork_left OR c.task_id IN (SELECT d.task_id FROM unnest(p_completed_task_ids) AS d (task_id)))
                  AND (c.branch, c.task_id) NOT IN (SELECT b.branch, b.task_id
                                                    FROM unnest(p_branches, p_branch_task_ids) AS b (branch, task_id))
                RETURNING c.task_id, c.started_at, c.attempts, c.worker_id
            )
            INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                (instance_id, task_id, status, started_at, completed_at, attempts, worker_id)
            SELECT DISTINCT ON (e.task_id) p_instance_id, e.task_id, 'skipped', e.started_at, checkpoint_at, e.attempts, e.worker_id
            FROM ended AS e
            ON CONFLICT (instance_id, task_id) DO UPDATE SET
                status = excluded.status,
                started_at = excluded.started_at,
                completed_at = excluded.completed_at,
                attempts = excluded.attempts,
                worker_id = excluded.worker_id,
                error = NULL;
        END IF;
    END IF;

    -- Who had them and since when is in their rows already, if they had a place.
    IF cardinality(p_completed_task_ids) > 0 THEN
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, completed_version, started_at, completed_at, attempts)
        SELECT p_instance_id, d.task_id, 'completed', checkpoint_version, checkpoint_at, checkpoint_at, 0
        FROM unnest(p_completed_task_ids) AS d (task_id)
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = excluded.status,
            completed_version = excluded.completed_version,
            completed_at = excluded.completed_at,
            error = NULL;
    END IF;
    IF cardinality(p_withdrawn_task_ids) > 0 THEN
        -- A look-up by key for each, whatever statistics say: OFFSET 0 keeps the planner from reading all tasks of the instance
        -- and comparing each with all of these.
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET status = 'skipped', completed_version = NULL, completed_at = checkpoint_at, error = NULL
        FROM unnest(p_withdrawn_task_ids) AS d (task_id)
        CROSS JOIN LATERAL (SELECT k.ctid
                            FROM ${schema}.sayiir_workflow_tasks AS k
                            WHERE k.instance_id = p_instance_id AND k.task_id = d.task_id
                            OFFSET 0) AS f
        WHERE t.ctid = f.ctid;
    END IF;

    IF p_open_task_id IS NULL THEN
        IF p_based_on IS NOT NULL THEN
            DELETE FROM ${schema}.sayiir_task_claims AS c WHERE c.instance_id = p_instance_id AND c.branch = '';
        END IF;
        RETURN;
    END IF;

    IF running THEN
        IF p_carry_on IS NOT NULL THEN
            next_expires_at := ${schema}.sayiir_carried_until(place.expires_at, checkpoint_at, p_carry_on);
        END IF;
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
    -- A save leaves the claim to whoever holds the task, as long as it is the same one; a commit ends it or carries it on.
    INSERT INTO ${schema}.sayiir_task_claims AS c
        (instance_id, branch, task_id, status, ready_at, started_at, failures, task_priority, definition_hash, task_tags,
         last_failed_worker, error, branches_left, awaited_event, instance_created_at)
    VALUES (p_instance_id, '', p_open_task_id, CASE WHEN p_waiting THEN 'waiting' ELSE 'active' END, due, checkpoint_at,
            p_failures, p_task_priority, p_definition_hash, p_task_tags, p_last_failed_worker, p_last_error, p_branches_left,
            p_awaited_event, CASE WHEN p_awaited_event IS NOT NULL THEN created END)
    ON CONFLICT (instance_id, branch) DO UPDATE SET
        task_id = excluded.task_id,
        status = excluded.status,
        ready_at = CASE WHEN stays AND c.blocked_at IS NOT NULL THEN NULL
                        WHEN stays AND p_claim_token IS NULL AND due IS NOT NULL THEN GREATEST(due, c.expires_at)
                        ELSE due END,
        started_at = CASE WHEN stays THEN c.started_at ELSE excluded.started_at END,
        claim_token = CASE WHEN p_claim_token IS NOT NULL THEN next_claim_token WHEN stays THEN c.claim_token END,
        claimed_at = CASE WHEN next_claim_token IS NOT NULL THEN checkpoint_at
                          WHEN p_claim_token IS NULL AND stays THEN c.claimed_at END,
        expires_at = CASE WHEN p_claim_token IS NOT NULL THEN next_expires_at WHEN stays THEN c.expires_at END,
        worker_id = CASE WHEN stays OR next_claim_token IS NOT NULL THEN c.worker_id END,
        attempts = CASE WHEN next_claim_token IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN stays THEN c.attempts ELSE 0 END,
        failures = excluded.failures,
        crashes = CASE WHEN stays THEN c.crashes ELSE 0 END,
        task_priority = excluded.task_priority,
        definition_hash = excluded.definition_hash,
        task_tags = excluded.task_tags,
        last_failed_worker = excluded.last_failed_worker,
        error = CASE WHEN stays AND c.blocked_at IS NOT NULL THEN c.error ELSE excluded.error END,
        refused_at = CASE WHEN stays AND p_claim_token IS NULL THEN c.refused_at END,
        refusal = CASE WHEN stays AND p_claim_token IS NULL THEN c.refusal END,
        refused_build = CASE WHEN stays AND p_claim_token IS NULL THEN c.refused_build END,
        blocked_at = CASE WHEN stays THEN c.blocked_at END,
        branches_left = excluded.branches_left,
        awaited_event = excluded.awaited_event,
        instance_created_at = excluded.instance_created_at
    RETURNING c.attempts INTO next_attempts;

    IF cardinality(p_branches) > 0 THEN
        IF p_branches_after IS NOT NULL THEN
            after_version := (SELECT t.completed_version
                              FROM ${schema}.sayiir_workflow_tasks AS t
                              WHERE t.instance_id = p_instance_id AND t.task_id = p_branches_after);
        END IF;
        -- A branch that stands at the same task already goes on, with the claim on it.
        INSERT INTO ${schema}.sayiir_task_claims AS c
            (instance_id, branch, task_id, status, ready_at, started_at, task_priority, definition_hash, task_tags,
             after_task_id, input_version, input_start, input_bytes)
        SELECT p_instance_id, b.branch, b.task_id, 'active', CASE WHEN running THEN checkpoint_at END, checkpoint_at,
               p_task_priority, p_definition_hash, p_task_tags,
               CASE WHEN b.input_bytes IS NULL AND after_version IS NOT NULL THEN p_branches_after END,
               CASE WHEN b.input_bytes IS NULL THEN after_version END,
               b.input_start::integer, b.input_bytes::integer
        FROM unnest(p_branches, p_branch_task_ids, p_branch_input_starts, p_branch_input_bytes)
            AS b (branch, task_id, input_start, input_bytes)
        ON CONFLICT (instance_id, branch) DO UPDATE SET
            ready_at = CASE WHEN excluded.ready_at IS NOT NULL AND c.blocked_at IS NULL
                            THEN GREATEST(excluded.ready_at, c.expires_at) END,
            failures = 0,
            task_priority = excluded.task_priority,
            definition_hash = excluded.definition_hash,
            task_tags = excluded.task_tags,
            last_failed_worker = NULL,
            error = CASE WHEN c.blocked_at IS NOT NULL THEN c.error END,
            not_before = NULL,
            after_task_id = excluded.after_task_id,
            input_version = excluded.input_version,
            input_start = excluded.input_start,
            input_bytes = excluded.input_bytes;
    END IF;
END
$$;
