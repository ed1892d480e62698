package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the rows of an instance say to a task of a branch: columns and its input, and nothing that has to be decoded.
 *
 * @param claim the claim on the task
 * @param version 0 if the instance's row, or the checkpoint with the input of the workflow, is not there
 * @param initialInput the input of the workflow
 * @param input what the task is given, if that is not the input of the workflow
 * @param ownInput whether the branch has an input of its own
 */
record StoredBranch(
        TaskClaim claim,
        long version,
        Optional<String> joinTaskId,
        Instant createdAt,
        Instant updatedAt,
        TaskPriority priority,
        List<String> tags,
        Optional<String> traceParent,
        Optional<Payload> initialInput,
        Optional<Payload> input,
        boolean ownInput)
        implements Restorable {

    /** From the row that the cursor is at. */
    static StoredBranch of(ResultSet row, TaskClaim claim, Optional<StoredBranch> firstOfInstance) throws SQLException {
        return new StoredBranch(
                claim,
                firstOfInstance.isPresent() && firstOfInstance.get().version() == 0 ? 0 : row.getLong("branch_version"),
                Optional.ofNullable(row.getString("join_task_id")),
                Columns.optionalTime(row, "created_at").orElse(Instant.EPOCH),
                Columns.optionalTime(row, "updated_at").orElse(Instant.EPOCH),
                TaskPriority.ofLevel(Math.max(1, row.getInt("task_priority"))),
                Columns.texts(row, "task_tags"),
                Optional.ofNullable(row.getString("branch_trace_parent")),
                firstOfInstance.isPresent()
                        ? firstOfInstance.get().initialInput()
                        : Optional.ofNullable(row.getBytes("workflow_input")).map(Payload::of),
                Optional.ofNullable(row.getBytes("branch_input")).map(Payload::of),
                row.getBoolean("own_input"));
    }

    @Override
    public WorkflowSnapshot restore(String instanceId, SnapshotCodecs codecs) {
        boolean given =
                ownInput || claim.branch().flatMap(BranchStep::afterTaskId).isPresent();
        if (version == 0 || joinTaskId.isEmpty() || (given && input.isEmpty())) {
            throw damaged("what task '" + claim.taskId() + "' of branch '"
                    + claim.branch().orElseThrow().label()
                    + "' is given is not in its history, or the instance is at no fork");
        }
        SnapshotBuilder instance = WorkflowSnapshot.builder(instanceId, claim.definitionHash())
                .createdAt(createdAt)
                .updatedAt(updatedAt)
                .taskPriority(priority)
                .taskTags(tags)
                .traceParent(traceParent);
        initialInput.ifPresent(instance::initialInput);
        try {
            return Claims.snapshotForBranch(claim, instance, version, joinTaskId.get(), input);
        } catch (IllegalArgumentException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private SnapshotSerializationException damaged(String what) {
        return new SnapshotSerializationException("The branches of its fork are damaged: " + what
                        + ". Check that nothing else writes to its rows, or go back to an earlier version of it")
                .of(claim.instanceId(), version);
    }
}
