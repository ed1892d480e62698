package dev.sayiir.codec;

import java.util.Set;

/** What the fields and variants of the format are called. */
final class Names {

    static final String INSTANCE_ID = "instance_id";
    static final String DEFINITION_HASH = "definition_hash";
    static final String STATE = "state";
    static final String CREATED_AT = "created_at";
    static final String UPDATED_AT = "updated_at";
    static final String INITIAL_INPUT = "initial_input";
    static final String TASK_DEADLINE = "task_deadline";
    static final String TASK_RETRIES = "task_retries";
    static final String LOOP_ITERATIONS = "loop_iterations";
    static final String TASK_PRIORITY = "task_priority";
    static final String TASK_TAGS = "task_tags";

    static final String IN_PROGRESS = "InProgress";
    static final String COMPLETED = "Completed";
    static final String FAILED = "Failed";
    static final String CANCELLED = "Cancelled";
    static final String PAUSED = "Paused";
    static final String POSITION = "position";
    static final String COMPLETED_TASKS = "completed_tasks";
    static final String LAST_COMPLETED_TASK_ID = "last_completed_task_id";
    static final String FINAL_OUTPUT = "final_output";
    static final String ERROR = "error";
    static final String REASON = "reason";
    static final String CANCELLED_BY = "cancelled_by";
    static final String CANCELLED_AT = "cancelled_at";
    static final String INTERRUPTED_AT_TASK = "interrupted_at_task";
    static final String PAUSED_BY = "paused_by";
    static final String PAUSED_AT = "paused_at";

    static final String NOT_STARTED = "NotStarted";
    static final String AT_TASK = "AtTask";
    static final String AT_FORK = "AtFork";
    static final String AT_JOIN = "AtJoin";
    static final String AT_DELAY = "AtDelay";
    static final String AT_SIGNAL = "AtSignal";
    static final String IN_LOOP = "InLoop";
    static final String TASK_ID = "task_id";
    static final String OUTPUT = "output";
    static final String FORK_ID = "fork_id";
    static final String JOIN_ID = "join_id";
    static final String COMPLETED_BRANCHES = "completed_branches";
    static final String BRANCHES = "branches";
    static final String INPUT = "input";
    static final String AFTER_TASK_ID = "after_task_id";
    static final String DELAY_ID = "delay_id";
    static final String SIGNAL_ID = "signal_id";
    static final String SIGNAL_NAME = "signal_name";
    static final String LOOP_ID = "loop_id";
    static final String ITERATION = "iteration";
    static final String ENTERED_AT = "entered_at";
    static final String WAKE_AT = "wake_at";
    static final String NEXT_TASK_ID = "next_task_id";

    static final String DEADLINE = "deadline";
    static final String TIMEOUT_MS = "timeout_ms";
    static final String ATTEMPTS = "attempts";
    static final String POLICY = "policy";
    static final String MAX_RETRIES = "max_retries";
    static final String MAX_ATTEMPTS = "max_attempts";
    static final String INITIAL_DELAY = "initial_delay";
    static final String BACKOFF_MULTIPLIER = "backoff_multiplier";
    static final String MAX_DELAY = "max_delay";
    static final String SECS = "secs";
    static final String NANOS = "nanos";
    static final String LAST_ERROR = "last_error";
    static final String LAST_FAILED_WORKER = "last_failed_worker";
    static final String NEXT_RETRY_AT = "next_retry_at";

    /** Those that may stand in front of an inner value, and so in the path of an error message. */
    private static final Set<String> IN_PATHS = Set.of(
            INSTANCE_ID,
            DEFINITION_HASH,
            STATE,
            CREATED_AT,
            UPDATED_AT,
            INITIAL_INPUT,
            TASK_DEADLINE,
            TASK_RETRIES,
            LOOP_ITERATIONS,
            TASK_PRIORITY,
            TASK_TAGS,
            IN_PROGRESS,
            COMPLETED,
            FAILED,
            CANCELLED,
            PAUSED,
            POSITION,
            COMPLETED_TASKS,
            LAST_COMPLETED_TASK_ID,
            FINAL_OUTPUT,
            ERROR,
            REASON,
            CANCELLED_BY,
            CANCELLED_AT,
            INTERRUPTED_AT_TASK,
            PAUSED_BY,
            PAUSED_AT,
            AT_TASK,
            AT_FORK,
            AT_JOIN,
            AT_DELAY,
            AT_SIGNAL,
            IN_LOOP,
            TASK_ID,
            OUTPUT,
            FORK_ID,
            JOIN_ID,
            COMPLETED_BRANCHES,
            BRANCHES,
            INPUT,
            AFTER_TASK_ID,
            DELAY_ID,
            SIGNAL_ID,
            SIGNAL_NAME,
            LOOP_ID,
            ITERATION,
            ENTERED_AT,
            WAKE_AT,
            NEXT_TASK_ID,
            DEADLINE,
            TIMEOUT_MS,
            ATTEMPTS,
            POLICY,
            MAX_RETRIES,
            MAX_ATTEMPTS,
            INITIAL_DELAY,
            BACKOFF_MULTIPLIER,
            MAX_DELAY,
            SECS,
            NANOS,
            LAST_ERROR,
            LAST_FAILED_WORKER,
            NEXT_RETRY_AT);

    private Names() {}

    /** A name as an error message may show it: any other one comes from the blob and could be anything. */
    static String shown(String name) {
        return IN_PATHS.contains(name) ? name : "*";
    }
}
