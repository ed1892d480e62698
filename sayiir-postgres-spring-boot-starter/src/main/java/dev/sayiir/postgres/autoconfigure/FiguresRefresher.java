package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.persistence.WorkflowStatistics;
import java.time.Duration;

/** The last known figures, asked for at an interval and never on demand. If that fails, the figures stay as they are. */
final class FiguresRefresher extends BackgroundTask {

    private final Last last;

    FiguresRefresher(WorkflowStatistics statistics, Duration interval) {
        this(new Last(statistics), interval);
    }

    private FiguresRefresher(Last last, Duration interval) {
        super("refresh of metrics", interval, last::refresh);
        this.last = last;
    }

    /** All zero until they are known. */
    WorkflowFigures figures() {
        return last.figures;
    }

    private static final class Last {

        private final WorkflowStatistics statistics;
        private volatile WorkflowFigures figures = WorkflowFigures.none();

        Last(WorkflowStatistics statistics) {
            this.statistics = statistics;
        }

        void refresh() {
            figures = statistics.currentFigures();
        }
    }
}
