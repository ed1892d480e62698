package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * How much there is of what, at one moment of the store's clock.
 *
 * @param workflows how many instances there are of each status; every status is present
 * @param activeTasks open tasks that are to be run, or running
 * @param waitingTasks open tasks that wait for a time or an event
 * @param blockedTasks open tasks that are not tried until they are unblocked
 * @param readyTasks tasks that could be claimed now
 * @param oldestReadyAge for how long the oldest of those could have been claimed; zero if there is none
 * @param liveClaims claims that exclude everybody else
 * @param expiredClaims claims that anybody may take over
 * @param pendingSignals requests that are not carried out yet; every kind is present
 * @param pendingEvents external events that are not consumed yet
 */
public record WorkflowFigures(
        Map<WorkflowStatus, Long> workflows,
        long activeTasks,
        long waitingTasks,
        long blockedTasks,
        long readyTasks,
        Duration oldestReadyAge,
        long liveClaims,
        long expiredClaims,
        Map<SignalKind, Long> pendingSignals,
        long pendingEvents) {

    /** Copies the maps, with zero for what is missing in them. */
    public WorkflowFigures {
        workflows = complete(WorkflowStatus.class, workflows);
        pendingSignals = complete(SignalKind.class, pendingSignals);
    }

    /** @return the figures of a store that holds nothing */
    public static WorkflowFigures none() {
        return new WorkflowFigures(Map.of(), 0, 0, 0, 0, Duration.ZERO, 0, 0, Map.of(), 0);
    }

    private static <E extends Enum<E>> Map<E, Long> complete(Class<E> type, Map<E, Long> counts) {
        Map<E, Long> complete = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            complete.put(constant, counts.getOrDefault(constant, 0L));
        }
        return Collections.unmodifiableMap(complete);
    }
}
