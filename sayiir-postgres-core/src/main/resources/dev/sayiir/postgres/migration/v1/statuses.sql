-- What follows from a change of an instance's status, and from its end: triggers, so that no statement can forget it.

-- Logs every change of an instance's status, whichever statement makes it, so that none can be forgotten; but for a redrive,
-- which is logged by who does it, as it need not change the status. An end drops what is still pending, and a redrive takes
-- back that it has dropped events; a pause fulfils the request for it. All this runs after the statement has got the lock of the
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
    IF NEW.status = 'InProgress' AND OLD.status <> 'Paused' THEN
        UPDATE ${schema}.sayiir_workflow_events AS e
        SET consumed_at = NULL
        WHERE e.instance_id = NEW.instance_id AND e.kind = 'EventSent' AND e.consumed_at = OLD.updated_at;
        RETURN NULL;
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
    -- The branches of a fork pause and resume with their instance; its main line itself is the statement's. What is open when
    -- an instance ends is left, and shares its end. Locked first, in the order of their keys: there may be thousands, and a
    -- join with the locked ones could go over all of them for each.
    PERFORM FROM ${schema}.sayiir_task_claims AS c
    WHERE c.instance_id = NEW.instance_id
    ORDER BY c.branch
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.status IN ('InProgress', 'Paused') THEN
        UPDATE ${schema}.sayiir_task_claims AS c
        SET ready_at = CASE WHEN NEW.status = 'InProgress' AND c.blocked_at IS NULL
                            THEN GREATEST(NEW.updated_at, c.not_before, c.expires_at) END
        WHERE c.instance_id = NEW.instance_id AND c.branch <> '';
    ELSE
        WITH ended AS (
            DELETE FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = NEW.instance_id
            RETURNING c.task_id, c.started_at, c.attempts, c.worker_id
        )
        INSERT INTO ${schema}.sayiir_workflow_tasks AS t
            (instance_id, task_id, status, started_at, completed_at, attempts, worker_id, error)
        -- Two branches can have come to one task.
        SELECT DISTINCT ON (e.task_id) NEW.instance_id, e.task_id, lower(NEW.status), e.started_at, NEW.updated_at, e.attempts, e.worker_id, NEW.error
        FROM ended AS e
        ON CONFLICT (instance_id, task_id) DO UPDATE SET
            status = excluded.status,
            started_at = excluded.started_at,
            completed_at = excluded.completed_at,
            attempts = excluded.attempts,
            worker_id = excluded.worker_id,
            error = excluded.error;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER sayiir_log_creation AFTER INSERT ON ${schema}.sayiir_workflows
    FOR EACH ROW EXECUTE FUNCTION ${schema}.sayiir_log_status();
CREATE TRIGGER sayiir_log_status AFTER UPDATE OF status ON ${schema}.sayiir_workflows
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION ${schema}.sayiir_log_status();

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

-- Deleting an instance deletes all that belongs to it. A trigger and not foreign keys: a key would look up and lock the
-- instance's row at every insert, while this costs nothing until an instance is deleted. It runs once the instance's
-- row is locked, and each of its statements sees what was committed until then.
CREATE FUNCTION ${schema}.sayiir_forget_instance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In the order in which others lock several claims at once.
    PERFORM FROM ${schema}.sayiir_task_claims AS c
    WHERE c.instance_id = OLD.instance_id
    ORDER BY c.branch
    FOR UPDATE;
    DELETE FROM ${schema}.sayiir_task_claims AS c WHERE c.instance_id = OLD.instance_id;
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
