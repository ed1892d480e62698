package dev.sayiir.workflow;

import dev.sayiir.workflow.WorkflowState.InProgress;

/** Refuses what a snapshot cannot do in the state that it is in. */
final class StateGuard {

    private StateGuard() {}

    static InProgress requireInProgress(WorkflowSnapshot snapshot, String action) {
        if (snapshot.state() instanceof InProgress running) {
            return running;
        }
        throw refused(snapshot, action, "InProgress");
    }

    static void requireUnfinished(WorkflowSnapshot snapshot, String action) {
        if (snapshot.status().isTerminal()) {
            throw refused(snapshot, action, "InProgress or Paused");
        }
    }

    static IllegalStateException refused(WorkflowSnapshot snapshot, String action, String needed) {
        return new IllegalStateException("Cannot " + action + ": instance '" + snapshot.instanceId() + "' is "
                + snapshot.status() + "; it has to be " + needed);
    }
}
