package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Identifiers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * The ids of delays and of waits for events, as they stand in columns and in the history: {@code delay:ship} before task
 * {@code ship}, {@code await:approved} for event {@code approved}. The format has no place for the task that follows a
 * wait whose time is up, so the id names it: {@code await:approved|escalate}. So it is stored with the instance, and does
 * not depend on what a worker knows by then.
 */
final class Waits {

    private static final String DELAY = "delay:";
    private static final String AWAIT = "await:";
    private static final char TIMEOUT = '|';
    private static final int MAX_TASK_ID_BYTES = 200;

    private Waits() {}

    /** Refuses what could be taken for a delay or a wait. */
    static String requireOwnTaskId(String taskId) {
        Identifiers.requireTaskId(taskId);
        if (taskId.startsWith(DELAY) || taskId.startsWith(AWAIT) || taskId.indexOf(TIMEOUT) >= 0) {
            throw new IllegalArgumentException("The task id '" + taskId + "' begins with '" + DELAY + "' or '" + AWAIT
                    + "', or has a '" + TIMEOUT + "' in it, as the ids of delays and waits do; choose another one");
        }
        int bytes = taskId.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_TASK_ID_BYTES) {
            throw new IllegalArgumentException("The task id '" + taskId.substring(0, 20) + "…' takes " + bytes
                    + " bytes in UTF-8; at most " + MAX_TASK_ID_BYTES + " are allowed");
        }
        return taskId;
    }

    static Duration requireWait(String what, Duration time) {
        if (time.isNegative() || time.compareTo(Duration.ofDays(ClaimQuery.MAX_DAYS)) > 0) {
            throw new IllegalArgumentException(
                    "The " + what + " is " + time + "; it must be 0 to " + ClaimQuery.MAX_DAYS + " days");
        }
        return time;
    }

    static String delayId(String nextTaskId) {
        return DELAY + nextTaskId;
    }

    static String waitId(String eventName, Optional<String> timeoutTaskId) {
        Identifiers.requireName("event name", eventName);
        return Identifiers.requireName(
                "event name with the task of its time limit",
                AWAIT
                        + eventName
                        + timeoutTaskId.map(taskId -> TIMEOUT + taskId).orElse(""));
    }

    /** An event name may hold anything, but what comes before the task is known. */
    static Optional<String> timeoutTaskId(AtSignal wait) {
        String beforeTask = AWAIT + wait.signalName() + TIMEOUT;
        return wait.signalId().startsWith(beforeTask)
                ? Optional.of(wait.signalId().substring(beforeTask.length()))
                : Optional.empty();
    }
}
