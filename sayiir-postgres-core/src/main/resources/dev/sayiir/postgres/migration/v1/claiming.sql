-- Hands out what is due.

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
    RETURNS TABLE (ordinal bigint, instance_id text, task_id text, definition_hash text, worker_id text, claim_token bigint,
                   attempts integer, failures bigint, crashes integer, claimed_at timestamptz,
                   expires_at timestamptz, branch text, after_task_id text)
    LANGUAGE plpgsql VOLATILE ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH other AS (
        SELECT w.instance_id, w.branch, p.task_priority, w.ready_at
        FROM generate_series(1, 5) AS p (task_priority)
        CROSS JOIN LATERAL (
            SELECT c.instance_id, c.branch, c.ready_at
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.task_priority = p.task_priority
              AND c.ready_at <= statement_timestamp()
              AND CASE WHEN c.last_failed_worker = p_worker_id THEN false
                  WHEN NOT p_any_definition AND c.definition_hash <> ALL (p_definitions) THEN false
                  WHEN NOT p_any_task AND c.status <> 'waiting' AND c.task_id <> ALL (p_task_ids) THEN false
                  ELSE p_any_tag OR c.task_tags <@ p_tags
                  END
            ORDER BY c.ready_at
            LIMIT p_limit
            FOR UPDATE SKIP LOCKED
        ) AS w
    ), failed_here AS (
        SELECT w.instance_id, w.branch, p.task_priority, w.ready_at
        FROM generate_series(1, 5) AS p (task_priority)
        CROSS JOIN LATERAL (
            SELECT c.instance_id, c.branch, c.ready_at
            FROM ${schema}.sayiir_task_claims AS c
            WHERE (c.last_failed_worker, c.task_priority, c.ready_at) >= (p_worker_id, p.task_priority, '-infinity')
              AND (c.last_failed_worker, c.task_priority, c.ready_at) <= (p_worker_id, p.task_priority, statement_timestamp())
              AND c.last_failed_worker IS NOT NULL
              AND c.ready_at IS NOT NULL
              AND CASE
                  WHEN NOT p_any_definition AND c.definition_hash <> ALL (p_definitions) THEN false
                  WHEN NOT p_any_task AND c.status <> 'waiting' AND c.task_id <> ALL (p_task_ids) THEN false
                  ELSE p_any_tag OR c.task_tags <@ p_tags
                  END
            ORDER BY c.last_failed_worker, c.task_priority, c.ready_at
            LIMIT p_limit
            FOR UPDATE SKIP LOCKED
        ) AS w
    ), due AS (
        SELECT w.instance_id, w.branch,
               row_number() OVER (ORDER BY w.failed_here,
                   w.task_priority - extract(epoch FROM statement_timestamp() - w.ready_at) * 1000000 / p_ageing,
                   w.ready_at) AS ordinal
        FROM (
            SELECT o.instance_id, o.branch, o.task_priority, o.ready_at, false AS failed_here
            FROM other AS o
            UNION ALL
            SELECT f.instance_id, f.branch, f.task_priority, f.ready_at, true
            FROM failed_here AS f
        ) AS w
    )
    UPDATE ${schema}.sayiir_task_claims AS c
    SET claim_token = nextval($name$ ${schema}.sayiir_claim_token $name$),
        claimed_at = statement_timestamp(),
        expires_at = statement_timestamp() + p_ttl * interval '1 microsecond',
        ready_at = statement_timestamp() + p_ttl * interval '1 microsecond',
        worker_id = p_worker_id,
        attempts = c.attempts + 1,
        -- A claim that is still there has expired.
        crashes = c.crashes + CASE WHEN c.claim_token IS NULL THEN 0 ELSE 1 END,
        error = CASE WHEN c.claim_token IS NULL THEN c.error ELSE ${schema}.sayiir_crash_of(c.worker_id) END
    FROM due AS d
    WHERE d.ordinal <= p_limit AND c.instance_id = d.instance_id AND c.branch = d.branch
    RETURNING d.ordinal, c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
              c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id;
END
$$;

-- Blocks what no worker takes: tasks of the worker's workflows that it has no handler of, that have been due for long, and of
-- which nobody holds any in the same workflow. The tasks that nobody holds are found one by one along the index of these, however
-- many instances are at each, and blocked ones are not in it; what is held is read once.
CREATE FUNCTION ${schema}.sayiir_block_unhandled(
    p_definitions text[], p_task_ids text[], p_patience bigint, p_refusal text, p_build text, p_limit bigint)
    RETURNS TABLE (instance_id text, task_id text, branch text, definition_hash text, error text, blocked_at timestamptz)
    LANGUAGE plpgsql VOLATILE ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE task AS (
        (SELECT c.idle_task_id
         FROM ${schema}.sayiir_task_claims AS c
         WHERE c.idle_task_id IS NOT NULL
         ORDER BY c.idle_task_id
         LIMIT 1)
        UNION ALL
        SELECT (SELECT c.idle_task_id
                FROM ${schema}.sayiir_task_claims AS c
                WHERE c.idle_task_id > t.idle_task_id
                ORDER BY c.idle_task_id
                LIMIT 1)
        FROM task AS t
        WHERE t.idle_task_id IS NOT NULL
    ), held AS MATERIALIZED (
        SELECT DISTINCT c.definition_hash, c.task_id
        FROM ${schema}.sayiir_task_claims AS c
        WHERE c.expires_at IS NOT NULL
    ), late AS MATERIALIZED (
        SELECT w.instance_id, w.branch
        FROM task AS t
        CROSS JOIN LATERAL (
            SELECT c.instance_id, c.branch
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.idle_task_id = t.idle_task_id
              AND c.definition_hash = ANY (p_definitions)
              AND c.status = 'active'
              AND (c.ready_at <= statement_timestamp() - p_patience * interval '1 microsecond') IS TRUE
              AND (c.definition_hash, c.task_id) NOT IN (SELECT h.definition_hash, h.task_id FROM held AS h)
            ORDER BY c.idle_task_id, c.instance_id
            LIMIT p_limit
            FOR UPDATE SKIP LOCKED
        ) AS w
        WHERE t.idle_task_id <> ALL (p_task_ids)
    )
    UPDATE ${schema}.sayiir_task_claims AS c
    SET refused_at = COALESCE(c.refused_at, statement_timestamp()),
        refusal = p_refusal,
        refused_build = p_build,
        blocked_at = statement_timestamp(),
        error = 'No worker has taken the task since it was due at ' || c.ready_at,
        ready_at = NULL
    FROM late AS l
    WHERE c.instance_id = l.instance_id AND c.branch = l.branch
    RETURNING c.instance_id, c.task_id, c.branch, c.definition_hash, c.error, c.blocked_at;
END
$$;
