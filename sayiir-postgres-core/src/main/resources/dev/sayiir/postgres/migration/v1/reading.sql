-- Reads instances.

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
                   completed_task_id text, output bytea, ended_branch text)
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
-- instance as the claim's row was found under its lock: the snapshot of the statement that claims may be older. Nothing for
-- no instance.
CREATE FUNCTION ${schema}.sayiir_claimed_snapshot(instance text)
    RETURNS TABLE (version bigint, data_version bigint, incarnation bigint, trace_parent text, data bytea,
                   branch_inputs bytea, initial_input bytea, completed_version bigint, place bigint,
                   completed_task_id text, output bytea, ended_branch text, signalled boolean)
    LANGUAGE plpgsql VOLATILE STRICT ROWS 20 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
    SELECT s.version, s.data_version, s.incarnation, s.trace_parent, s.data, s.branch_inputs, s.initial_input,
           s.completed_version, s.place, s.completed_task_id, s.output, s.ended_branch,
           CASE WHEN s.version IS NOT NULL THEN ${schema}.sayiir_is_signalled(instance) END
    FROM ${schema}.sayiir_snapshot(instance) AS s;
END
$$;

-- What is recorded of a task whose claim expired, when it is claimed again.
CREATE FUNCTION ${schema}.sayiir_crash_of(worker text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT $text$Worker '$text$ || worker || $text$' did not end the task before its claim expired$text$
$$;

-- What a task of a branch needs that has just been claimed: a number of look-ups by key that is the same however many
-- branches there are, each an index scan of one row, whatever statistics say, since sub-selects are not joined, and OFFSET 0
-- keeps EXISTS from hashing all checkpoints of the instance. The control state is not among it. What all branches share, and whether the instance is signalled, comes only where it is asked for;
-- nothing at all if the checkpoint that it is in has been lost.
CREATE FUNCTION ${schema}.sayiir_claimed_branch(instance text, label text, with_shared boolean)
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
           CASE WHEN p.input_bytes IS NOT NULL
                THEN (SELECT substr(c.branch_inputs, p.input_start, p.input_bytes)
                      FROM ${schema}.sayiir_workflow_history AS c
                      WHERE c.instance_id = instance AND c.version = w.data_version)
                WHEN p.after_task_id IS NOT NULL
                THEN (SELECT h.outputs[array_position(h.completed_task_ids, p.after_task_id)]
                      FROM ${schema}.sayiir_workflow_history AS h
                      WHERE h.instance_id = instance AND h.version = p.input_version) END,
           p.input_bytes IS NOT NULL,
           CASE WHEN with_shared THEN ${schema}.sayiir_is_signalled(instance) END
    FROM ${schema}.sayiir_task_claims AS p
    JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = instance
    WHERE p.instance_id = instance
      AND p.branch = label
      AND (NOT with_shared OR EXISTS (SELECT FROM ${schema}.sayiir_workflow_history AS b
                                      WHERE b.instance_id = instance AND b.version = w.base_version
                                      OFFSET 0));
END
$$;

-- The newest failures, of a workflow or of all, with their fingerprints. Along the index in that order, and no further than
-- is wanted, though they may be thought to be so few that to read all of them and to sort them would be no worse.
CREATE FUNCTION ${schema}.sayiir_newest_failures(p_definition text, p_limit bigint)
    RETURNS TABLE (instance_id text, updated_at timestamptz, fingerprint text)
    LANGUAGE plpgsql STABLE SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF p_definition IS NULL THEN
        RETURN QUERY
        SELECT w.instance_id, w.updated_at, ${schema}.sayiir_failure_fingerprint(w.error, w.instance_id)
        FROM ${schema}.sayiir_workflows AS w
        WHERE (w.status, w.created_at) >= ('Failed', '-infinity') AND (w.status, w.created_at) <= ('Failed', 'infinity')
        ORDER BY w.status DESC, w.created_at DESC, w.instance_id DESC
        LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT w.instance_id, w.updated_at, ${schema}.sayiir_failure_fingerprint(w.error, w.instance_id)
        FROM ${schema}.sayiir_workflows AS w
        WHERE (w.definition_hash, w.created_at) >= (p_definition, '-infinity')
          AND (w.definition_hash, w.created_at) <= (p_definition, 'infinity')
          AND (w.status = 'Failed') IS TRUE
        ORDER BY w.definition_hash DESC, w.created_at DESC, w.instance_id DESC
        LIMIT p_limit;
    END IF;
END
$$;
