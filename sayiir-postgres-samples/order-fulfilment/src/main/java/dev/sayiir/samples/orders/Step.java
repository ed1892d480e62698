package dev.sayiir.samples.orders;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The steps that every order takes, one after the other. */
enum Step {
    RESERVE,
    CHARGE,
    PACK,
    SHIP;

    /** What the step is called in snapshots and columns. */
    String taskId() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Step of(String taskId) {
        return Arrays.stream(values())
                .filter(step -> step.taskId().equals(taskId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no step '" + taskId + "'"));
    }

    /** All of them, to be shown. */
    static String path() {
        return Arrays.stream(values()).map(Step::taskId).collect(Collectors.joining(" → "));
    }

    Optional<Step> next() {
        return switch (this) {
            case RESERVE -> Optional.of(CHARGE);
            case CHARGE -> Optional.of(PACK);
            case PACK -> Optional.of(SHIP);
            case SHIP -> Optional.empty();
        };
    }
}
