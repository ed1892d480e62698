package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.postgres.ControlState.Parts;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of an instance say: one with its control state, then one for each result. Decoded when it is first asked
 * for, by one thread.
 */
final class StoredSnapshot implements Restorable {

    private final long version;
    private final long incarnation;
    private final long dataVersion;
    private final byte[] data;
    private final Optional<Payload> initialInput;
    private final byte @Nullable [] branchInputs;
    private final Optional<String> traceParent;
    private final Map<String, Payload> results = new LinkedHashMap<>();
    private final Map<String, TaskResult> branchesSinceData = new LinkedHashMap<>();
    private Optional<String> lastSinceData = Optional.empty();
    private @Nullable WorkflowSnapshot restored;

    /** From the row that the cursor is at, with the control state. */
    StoredSnapshot(ResultSet row) throws SQLException {
        this.version = row.getLong("version");
        this.incarnation = row.getLong("incarnation");
        this.dataVersion = row.getLong("data_version");
        this.data = row.getBytes("data");
        this.initialInput = Optional.ofNullable(row.getBytes("initial_input")).map(Payload::of);
        this.branchInputs = row.getBytes("branch_inputs");
        this.traceParent = Optional.ofNullable(row.getString("trace_parent"));
    }

    /** From the row that the cursor is at, with a result; in the order in which they came. */
    void add(ResultSet row) throws SQLException {
        String taskId = row.getString("completed_task_id");
        Payload output = Payload.of(row.getBytes("output"));
        results.put(taskId, output);
        if (row.getLong("completed_version") > dataVersion) {
            lastSinceData = Optional.of(taskId);
            String branch = row.getString("ended_branch");
            if (branch != null) {
                branchesSinceData.put(branch, new TaskResult(taskId, output));
            }
        }
    }

    private static WorkflowSnapshot requireOf(String instanceId, WorkflowSnapshot control) {
        if (!control.instanceId().equals(instanceId)) {
            throw new SnapshotSerializationException(
                    "The snapshot that is stored for it is of another instance. Check that "
                            + "nothing else writes to this column, or go back to an earlier version of it");
        }
        return control;
    }

    @Override
    public WorkflowSnapshot restore(String instanceId, SnapshotCodecs codecs) {
        WorkflowSnapshot snapshot = restored == null ? decode(instanceId, codecs) : restored;
        restored = snapshot;
        return snapshot;
    }

    private WorkflowSnapshot decode(String instanceId, SnapshotCodecs codecs) {
        Parts parts = new Parts(
                version,
                incarnation,
                initialInput,
                branchInputs,
                traceParent,
                CompletedTasks.of(results),
                lastSinceData,
                branchesSinceData);
        try {
            return ControlState.restore(requireOf(instanceId, codecs.decode(data)), parts);
        } catch (SnapshotSerializationException e) {
            throw e.of(instanceId, version);
        }
    }
}
