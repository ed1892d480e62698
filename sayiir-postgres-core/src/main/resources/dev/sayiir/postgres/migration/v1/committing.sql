-- Commits what came of claimed tasks. saving.sql says what all that write checkpoints have in common.

-- Commits claimed tasks on main lines, of different instances: whatever comes of a task but a fork. What each writes is the
-- same as by sayiir_checkpoint, and what a statement costs is paid once for all of them.
--
-- The first statement locks the instances in the order of their keys and the claims with them, and keeps those of which
-- everything is as it should be. The others are not written, nor waited for if somebody else has locked them: of these no
-- row is returned. Its sub-selects are run one after the other as they stand, since one that locks is never joined: a join of
-- all three would look for the claim by the instance alone, and go over all branches of it, while statistics know no forks.
-- The second one takes a snapshot after that, and finds all rows by their keys; each of its parts is joined
-- to the commits only, since two of its parts would be compared row by row. p_branches names the main line, ''; it is given and
-- not written out because a constant could be looked up by itself: one scan of the whole index, while statistics are missing.
-- OFFSET 0 keeps EXISTS a look-up by key for each row: without it, a table that is small when the plan is made is read and hashed
-- as a whole, also when it has grown.
CREATE FUNCTION ${schema}.sayiir_commit_tasks(
    -- Of each commit, at the same place. Tags are an array in text form.
    p_instance_ids text[], p_branches text[], p_based_on bigint[], p_incarnations bigint[], p_write_ids bigint[],
    p_claim_tokens bigint[],
    p_statuses text[], p_position_kinds text[], p_current_task_ids text[], p_completed_task_counts integer[],
    p_task_priorities smallint[], p_task_tags text[], p_trace_parents text[], p_errors text[], p_data bytea[],
    -- The claimed task, and its output, if it has one. It has ended if it has, or if the main line stands elsewhere now.
    p_task_ids text[], p_outputs bytea[],
    -- The task at which the main line stands now, NULL if there is none; not before which time, in microseconds since 1970.
    p_open_task_ids text[], p_waiting boolean[], p_not_before bigint[], p_awaited_events text[],
    p_last_failed_workers text[], p_last_errors text[], p_failures bigint[],
    -- For how long the claim is carried on to it, in microseconds; NULL if it is not.
    p_carry_on bigint[])
    RETURNS TABLE (ordinal bigint, checkpoint_version bigint, checkpoint_at timestamptz, next_claim_token bigint,
                   next_attempts integer, next_expires_at timestamptz, signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    free bigint[];
    now timestamptz;
BEGIN
    SELECT array_agg(l.ordinal) INTO free
    FROM (SELECT s.ordinal
          FROM (SELECT u.instance_id, u.branch, u.based_on, u.incarnation, u.claim_token, u.ordinal
                FROM unnest(p_instance_ids, p_branches, p_based_on, p_incarnations, p_claim_tokens)
                     WITH ORDINALITY AS u (instance_id, branch, based_on, incarnation, claim_token, ordinal)
                ORDER BY u.instance_id) AS s
          CROSS JOIN LATERAL (SELECT w.instance_id
                              FROM ${schema}.sayiir_workflows AS w
                              WHERE w.instance_id = s.instance_id
                                AND w.version = s.based_on
                                AND w.incarnation = s.incarnation
                                AND (w.status IN ('InProgress', 'Paused')) IS TRUE
                              FOR NO KEY UPDATE SKIP LOCKED) AS i
          CROSS JOIN LATERAL (SELECT
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.instance_id = i.instance_id
                                AND c.branch = s.branch
                                AND c.claim_token = s.claim_token
                              FOR NO KEY UPDATE SKIP LOCKED) AS p) AS l;
    IF free IS NULL THEN
        RETURN;
    END IF;
    now := clock_timestamp();

    RETURN QUERY
    WITH task AS (
        SELECT s.instance_id, s.branch, s.based_on + 1 AS version, s.write_id, s.status, s.position_kind, s.current_task_id,
               s.completed_task_count, s.task_priority, s.task_tags::text[] AS task_tags, s.trace_parent, s.error, s.data,
               s.task_id, s.output, s.open_task_id, s.waiting, s.awaited_event, s.last_failed_worker, s.last_error, s.failures,
               s.output IS NOT NULL OR s.task_id IS DISTINCT FROM s.open_task_id AS has_ended,
               -- When it is due if it is not carried on. An event that is sent later finds the instance at the wait.
               CASE WHEN s.awaited_event IS NOT NULL AND EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                                                                 WHERE e.instance_id = s.instance_id
                                                                   AND e.name = s.awaited_event
                                                                   AND e.kind = 'EventSent'
                                                                   AND e.consumed_at IS NULL
                                                                 OFFSET 0) THEN now
                    ELSE COALESCE(timestamptz 'epoch' + s.not_before * interval '1 microsecond',
                                  CASE WHEN NOT s.waiting THEN now END) END AS due,
               -- Quoted by dollars, since there may be an apostrophe in the schema's name.
               CASE WHEN s.carry_on IS NOT NULL THEN nextval($name$ ${schema}.sayiir_claim_token $name$) END AS next_token,
               s.carry_on,
               s.ordinal
        FROM unnest(p_instance_ids, p_branches, p_based_on, p_write_ids, p_statuses, p_position_kinds, p_current_task_ids,
                    p_completed_task_counts, p_task_priorities, p_task_tags, p_trace_parents, p_errors, p_data, p_task_ids,
                    p_outputs, p_open_task_ids, p_waiting, p_not_before, p_awaited_events,
                    p_last_failed_workers, p_last_errors, p_failures, p_carry_on)
             WITH ORDINALITY AS s (instance_id, branch, based_on, write_id, status, position_kind, current_task_id,
                                   completed_task_count, task_priority, task_tags, trace_parent, error, data, task_id,
                                   output, open_task_id, waiting, not_before, awaited_event,
                                   last_failed_worker, last_error, failures, carry_on, ordinal)
        WHERE s.ordinal = ANY (free)
    ), instance AS (
        UPDATE ${schema}.sayiir_workflows AS w
        SET version = s.version,
            data_version = s.version,
            updated_at = now,
            completed_task_count = s.completed_task_count,
            task_priority = s.task_priority,
            status = s.status,
            position_kind = s.position_kind,
            current_task_id = s.current_task_id,
            task_tags = s.task_tags,
            trace_parent = s.trace_parent,
            error = s.error,
            status_reason = NULL,
            status_requested_by = NULL
        FROM task AS s
        WHERE w.instance_id = s.instance_id
    ), checkpoint AS (
        INSERT INTO ${schema}.sayiir_workflow_history
            (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs, data, write_id)
        SELECT s.instance_id, s.version, now, false, s.status, s.current_task_id,
               CASE WHEN s.output IS NOT NULL THEN ARRAY[s.task_id] END,
               CASE WHEN s.output IS NOT NULL THEN ARRAY[s.output] END, s.data, s.write_id
        FROM task AS s
    ), ended AS (
        -- The claim as it is before this statement changes it.
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, completed_version, started_at, completed_at, attempts, worker_id, error)
        SELECT s.instance_id, s.task_id,
               CASE WHEN s.output IS NOT NULL THEN 'completed'
                    WHEN s.status <> 'InProgress' THEN lower(s.status)
                    WHEN c.status = 'waiting' THEN 'completed'
                    ELSE 'skipped' END,
               CASE WHEN s.output IS NOT NULL THEN s.version END, c.started_at, now, c.attempts, c.worker_id,
               CASE WHEN s.output IS NULL THEN s.error END
        FROM task AS s
        JOIN ${schema}.sayiir_task_claims AS c ON c.instance_id = s.instance_id AND c.branch = s.branch
        WHERE s.has_ended
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = excluded.status,
            completed_version = COALESCE(excluded.completed_version, t.completed_version),
            started_at = excluded.started_at,
            completed_at = excluded.completed_at,
            attempts = excluded.attempts,
            worker_id = excluded.worker_id,
            error = excluded.error
    ), place AS (
        UPDATE ${schema}.sayiir_task_claims AS c
        SET task_id = s.open_task_id,
            status = CASE WHEN s.waiting THEN 'waiting' ELSE 'active' END,
            ready_at = COALESCE(${schema}.sayiir_carried_until(c.expires_at, now, s.carry_on), s.due),
            started_at = CASE WHEN s.has_ended THEN now ELSE c.started_at END,
            claim_token = s.next_token,
            claimed_at = CASE WHEN s.next_token IS NOT NULL THEN now END,
            expires_at = ${schema}.sayiir_carried_until(c.expires_at, now, s.carry_on),
            worker_id = CASE WHEN s.next_token IS NOT NULL OR NOT s.has_ended THEN c.worker_id END,
            attempts = CASE WHEN s.has_ended THEN 0 ELSE c.attempts END + CASE WHEN s.next_token IS NULL THEN 0 ELSE 1 END,
            failures = s.failures,
            crashes = CASE WHEN s.has_ended THEN 0 ELSE c.crashes END,
            task_priority = s.task_priority,
            task_tags = s.task_tags,
            last_failed_worker = s.last_failed_worker,
            error = s.last_error,
            refused_at = NULL,
            refusal = NULL,
            refused_build = NULL,
            branches_left = NULL,
            awaited_event = s.awaited_event,
            instance_created_at = CASE WHEN s.awaited_event IS NOT NULL THEN
                (SELECT w.created_at FROM ${schema}.sayiir_workflows AS w WHERE w.instance_id = s.instance_id) END
        FROM task AS s
        WHERE c.instance_id = s.instance_id AND c.branch = s.branch AND s.open_task_id IS NOT NULL
        RETURNING s.ordinal, s.instance_id, s.version, s.status, s.next_token, c.attempts, c.expires_at
    ), gone AS (
        DELETE FROM ${schema}.sayiir_task_claims AS c
        USING task AS s
        WHERE c.instance_id = s.instance_id AND c.branch = s.branch AND s.open_task_id IS NULL
        RETURNING s.ordinal, s.instance_id, s.version, s.status
    )
    SELECT r.ordinal, r.version, now, r.next_token, r.attempts, r.expires_at,
           -- A cancel or a pause that was asked for until the lock was there; later ones find the task free, or claimed anew.
           -- At an end a trigger drops them.
           r.status = 'InProgress' AND EXISTS (SELECT FROM ${schema}.sayiir_workflow_events AS e
                                               WHERE e.instance_id = r.instance_id
                                                 AND e.kind IN ('CancelRequested', 'PauseRequested')
                                                 AND e.consumed_at IS NULL
                                               OFFSET 0)
    FROM (SELECT p.ordinal, p.instance_id, p.version, p.status, p.next_token, p.attempts, p.expires_at
          FROM place AS p
          UNION ALL
          SELECT g.ordinal, g.instance_id, g.version, g.status, NULL, NULL, NULL
          FROM gone AS g) AS r;
END
$$;

-- Commits claimed tasks in branches, any number of each instance, whatever versions the instances have by now: they only add
-- to them. A branch ends with its label in the history, and the main line counts down: it is due when no branch is left. Of
-- those that are not written, no row is returned: the claim is lost, the instance is finished or gone, or somebody else has
-- locked the instance or the task. In two statements, for the reasons that sayiir_commit_tasks has.
CREATE FUNCTION ${schema}.sayiir_commit_branches(
    -- Of each commit, at the same place.
    p_instance_ids text[], p_branches text[], p_task_ids text[], p_claim_tokens bigint[], p_outputs bytea[],
    p_write_ids bigint[],
    -- The next task of the branch, if it goes on; how long that is to wait; and the claim on it, if it is not. Microseconds.
    p_next_task_ids text[], p_delays bigint[], p_carry_on bigint[])
    RETURNS TABLE (ordinal bigint, next_claim_token bigint, next_claimed_at timestamptz, next_expires_at timestamptz,
                   signalled boolean)
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    free bigint[];
    -- Those whose task has just been done in the same branch, so that it has a result that counts.
    repeated bigint[];
    now timestamptz;
BEGIN
    SELECT array_agg(l.ordinal), array_agg(l.ordinal) FILTER (WHERE l.is_repeated) INTO free, repeated
    FROM (SELECT s.ordinal, p.is_repeated
          FROM (SELECT u.instance_id, u.branch, u.claim_token, u.ordinal
                FROM unnest(p_instance_ids, p_branches, p_claim_tokens)
                     WITH ORDINALITY AS u (instance_id, branch, claim_token, ordinal)
                ORDER BY u.instance_id, u.branch) AS s
          CROSS JOIN LATERAL (SELECT w.instance_id
                              FROM ${schema}.sayiir_workflows AS w
                              WHERE w.instance_id = s.instance_id
                                AND (w.status IN ('InProgress', 'Paused')) IS TRUE
                              FOR NO KEY UPDATE SKIP LOCKED) AS i
          CROSS JOIN LATERAL (SELECT c.after_task_id = c.task_id AS is_repeated
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.instance_id = i.instance_id
                                AND c.branch = s.branch
                                AND c.claim_token = s.claim_token
                              FOR NO KEY UPDATE SKIP LOCKED) AS p) AS l;
    IF free IS NULL THEN
        RETURN;
    END IF;
    now := clock_timestamp();

    RETURN QUERY
    WITH task AS (
        SELECT s.instance_id, s.branch, s.task_id, s.output, s.write_id, s.next_task_id, s.ordinal,
               w.version + row_number() OVER (PARTITION BY s.instance_id ORDER BY s.ordinal) AS version,
               w.status, w.current_task_id,
               CASE WHEN s.ordinal = ANY (repeated) THEN 0 ELSE 1 END AS added,
               -- Whether the next task is another one whose result does not count any more.
               s.next_task_id <> s.task_id AND EXISTS (SELECT FROM ${schema}.sayiir_workflow_tasks AS t
                                                      WHERE t.instance_id = s.instance_id
                                                        AND t.task_id = s.next_task_id
                                                        AND t.completed_version IS NOT NULL
                                                      OFFSET 0) AS again,
               now + s.delay * interval '1 microsecond' AS not_before,
               CASE WHEN s.delay IS NULL AND w.status = 'InProgress' THEN s.carry_on END AS carry_on,
               CASE WHEN s.carry_on IS NOT NULL AND s.delay IS NULL AND w.status = 'InProgress'
                    THEN nextval($name$ ${schema}.sayiir_claim_token $name$) END AS next_token
        FROM unnest(p_instance_ids, p_branches, p_task_ids, p_outputs, p_write_ids, p_next_task_ids, p_delays, p_carry_on)
             WITH ORDINALITY AS s (instance_id, branch, task_id, output, write_id, next_task_id, delay, carry_on, ordinal)
        JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = s.instance_id
        WHERE s.ordinal = ANY (free)
    ), instance AS (
        UPDATE ${schema}.sayiir_workflows AS w
        SET version = w.version + s.checkpoints,
            updated_at = now,
            completed_task_count = w.completed_task_count + s.added
        FROM (SELECT k.instance_id, count(*) AS checkpoints,
                     sum(k.added - CASE WHEN k.again THEN 1 ELSE 0 END)::integer AS added
              FROM task AS k
              GROUP BY k.instance_id) AS s
        WHERE w.instance_id = s.instance_id
    ), checkpoint AS (
        INSERT INTO ${schema}.sayiir_workflow_history
            (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs,
             withdrawn_task_ids, branch, next_task_id, write_id)
        SELECT s.instance_id, s.version, now, false, s.status, s.current_task_id, ARRAY[s.task_id], ARRAY[s.output],
               CASE WHEN s.again THEN ARRAY[s.next_task_id] END, CASE WHEN s.next_task_id IS NULL THEN s.branch END,
               s.next_task_id, s.write_id
        FROM task AS s
    ), ended AS (
        -- The claim as it is before this statement changes it.
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, completed_version, started_at, completed_at, attempts, worker_id)
        SELECT s.instance_id, s.task_id, 'completed', s.version, c.started_at, now, c.attempts, c.worker_id
        FROM task AS s
        JOIN ${schema}.sayiir_task_claims AS c ON c.instance_id = s.instance_id AND c.branch = s.branch
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = excluded.status,
            completed_version = excluded.completed_version,
            started_at = excluded.started_at,
            completed_at = excluded.completed_at,
            attempts = excluded.attempts,
            worker_id = excluded.worker_id,
            error = NULL
    ), withdrawn AS (
        UPDATE ${schema}.sayiir_workflow_tasks AS t
        SET status = 'skipped', completed_version = NULL, completed_at = now
        FROM task AS s
        WHERE s.again AND t.instance_id = s.instance_id AND t.task_id = s.next_task_id
    ), place AS (
        UPDATE ${schema}.sayiir_task_claims AS c
        SET task_id = s.next_task_id,
            status = 'active',
            ready_at = CASE WHEN s.status <> 'InProgress' THEN NULL
                            ELSE COALESCE(${schema}.sayiir_carried_until(c.expires_at, now, s.carry_on), s.not_before, now) END,
            started_at = now,
            claim_token = s.next_token,
            claimed_at = CASE WHEN s.next_token IS NOT NULL THEN now END,
            expires_at = ${schema}.sayiir_carried_until(c.expires_at, now, s.carry_on),
            worker_id = CASE WHEN s.next_token IS NOT NULL THEN c.worker_id END,
            attempts = CASE WHEN s.next_token IS NULL THEN 0 ELSE 1 END,
            failures = 0,
            crashes = 0,
            last_failed_worker = NULL,
            error = NULL,
            refused_at = NULL,
            refusal = NULL,
            refused_build = NULL,
            after_task_id = s.task_id,
            input_version = s.version,
            input_start = NULL,
            input_bytes = NULL,
            not_before = s.not_before
        FROM task AS s
        WHERE c.instance_id = s.instance_id AND c.branch = s.branch AND s.next_task_id IS NOT NULL
        RETURNING s.ordinal, s.instance_id, s.next_token, c.claimed_at, c.expires_at
    ), gone AS (
        DELETE FROM ${schema}.sayiir_task_claims AS c
        USING task AS s
        WHERE c.instance_id = s.instance_id AND c.branch = s.branch AND s.next_task_id IS NULL
        RETURNING s.ordinal, s.instance_id
    ), joining AS (
        UPDATE ${schema}.sayiir_task_claims AS c
        SET branches_left = c.branches_left - s.ended,
            status = CASE WHEN c.branches_left = s.ended THEN 'active' ELSE c.status END,
            ready_at = CASE WHEN c.branches_left = s.ended AND s.status = 'InProgress' AND c.blocked_at IS NULL THEN now END
        -- The name of the main line is '', and not a constant for the reason that sayiir_commit_tasks has.
        FROM (SELECT k.instance_id, k.status, count(*)::integer AS ended, min(left(k.branch, 0)) AS main_line
              FROM task AS k
              WHERE k.next_task_id IS NULL
              GROUP BY k.instance_id, k.status) AS s
        WHERE c.instance_id = s.instance_id AND c.branch = s.main_line
    )
    SELECT p.ordinal, p.next_token, p.claimed_at, p.expires_at, ${schema}.sayiir_is_signalled(p.instance_id)
    FROM place AS p
    UNION ALL
    SELECT g.ordinal, NULL, NULL, NULL, ${schema}.sayiir_is_signalled(g.instance_id)
    FROM gone AS g;
END
$$;
