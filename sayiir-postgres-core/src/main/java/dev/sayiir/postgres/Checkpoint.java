package dev.sayiir.postgres;

import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;

/**
 * A snapshot ready to be written.
 *
 * @param snapshot what its columns say
 * @param data its control state in the envelope
 * @param changes what it does to tasks
 * @param writeId by which the writer knows it again
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Checkpoint(WorkflowSnapshot snapshot, byte[] data, TaskChanges changes, long writeId) {}
