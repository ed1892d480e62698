-- What holds for every row that the library writes. In production the tables have few CHECK constraints, because PostgreSQL
-- would read all of them again in every statement; the tests of the stores run with these as well.

ALTER TABLE sayiir.sayiir_workflows
    ADD CONSTRAINT sayiir_workflows_instance_id_check CHECK (octet_length(instance_id) BETWEEN 1 AND 256),
    ADD CONSTRAINT sayiir_workflows_version_check CHECK (version >= data_version AND data_version >= base_version AND base_version >= 1),
    ADD CONSTRAINT sayiir_workflows_count_check CHECK (completed_task_count >= 0),
    ADD CONSTRAINT sayiir_workflows_position_kind_check CHECK (position_kind IN ('NotStarted', 'AtTask', 'AtFork', 'AtJoin', 'AtDelay', 'AtSignal', 'InLoop')),
    ADD CONSTRAINT sayiir_workflows_error_check CHECK ((status = 'Failed') = (error IS NOT NULL));

ALTER TABLE sayiir.sayiir_workflow_history
    ADD CONSTRAINT sayiir_workflow_history_version_check CHECK (version >= 1),
    ADD CONSTRAINT sayiir_workflow_history_status_check CHECK (status IN ('InProgress', 'Paused', 'Completed', 'Failed', 'Cancelled')),
    ADD CONSTRAINT sayiir_workflow_history_outputs_check CHECK (cardinality(completed_task_ids) IS NOT DISTINCT FROM cardinality(outputs)),
    ADD CONSTRAINT sayiir_workflow_history_data_check CHECK (data IS NOT NULL OR completed_task_ids IS NOT NULL),
    ADD CONSTRAINT sayiir_workflow_history_branch_inputs_check CHECK (branch_inputs IS NULL OR data IS NOT NULL),
    ADD CONSTRAINT sayiir_workflow_history_baseline_check CHECK (baseline OR initial_input IS NULL);

ALTER TABLE sayiir.sayiir_task_claims
    ADD CONSTRAINT sayiir_task_claims_task_id_check CHECK (octet_length(task_id) BETWEEN 1 AND 1024),
    ADD CONSTRAINT sayiir_task_claims_attempts_check CHECK (attempts >= 0 AND failures >= 0 AND crashes >= 0),
    ADD CONSTRAINT sayiir_task_claims_branches_left_check CHECK (branches_left IS NULL OR branches_left >= 0 AND branch = ''),
    ADD CONSTRAINT sayiir_task_claims_awaited_event_check CHECK (num_nulls(awaited_event, instance_created_at) = 2 OR awaited_event IS NOT NULL AND instance_created_at IS NOT NULL AND branch = '' AND status = 'waiting'),
    ADD CONSTRAINT sayiir_task_claims_input_check CHECK (num_nulls(input_start, input_bytes) IN (0, 2)),
    ADD CONSTRAINT sayiir_task_claims_refusal_check CHECK (num_nulls(refused_at, refusal) IN (0, 2) AND (refusal IS NOT NULL OR refused_build IS NULL)),
    ADD CONSTRAINT sayiir_task_claims_blocked_check CHECK (blocked_at IS NULL OR refused_at IS NOT NULL AND error IS NOT NULL AND num_nulls(ready_at, claim_token) = 2),
    ADD CONSTRAINT sayiir_task_claims_ready_at_check CHECK (ready_at IS NULL OR claim_token IS NULL OR ready_at >= expires_at);

ALTER TABLE sayiir.sayiir_workflow_tasks
    ADD CONSTRAINT sayiir_workflow_tasks_task_id_check CHECK (octet_length(task_id) BETWEEN 1 AND 1024),
    ADD CONSTRAINT sayiir_workflow_tasks_attempts_check CHECK (attempts >= 0);
