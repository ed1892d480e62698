package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.WorkflowGuard;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** Says before a worker starts what it cannot do of what is under way. */
final class StartCheck {

    /** What becomes of it. */
    enum Mode {
        /** Nothing is looked at. */
        OFF,
        /** It is in the log, and the worker starts. */
        WARN,
        /** The application does not start. */
        FAIL
    }

    private static final Logger log = LoggerFactory.getLogger(StartCheck.class);

    private final Mode mode;
    private final Optional<WorkflowGuard> guard;

    /** @param guard empty where there is no store that can be asked */
    StartCheck(Mode mode, Optional<WorkflowGuard> guard) {
        this.mode = mode;
        this.guard = guard;
    }

    /** Says why no worker runs if half of what one needs is there: handlers without a workflow are an oversight. */
    static void explainNoWorker(List<Workflow> workflows, List<TaskHandler<?>> handlers) {
        if (!handlers.isEmpty()) {
            log.warn(
                    "No worker runs, and nobody does tasks of {}: this application has no bean of type {}. Define one for each"
                            + " workflow, with its name and the task that it begins with",
                    handlers.stream().map(TaskHandler::taskId).sorted().toList(),
                    Workflow.class.getName());
        } else if (!workflows.isEmpty()) {
            log.info(
                    "No worker runs here: this application can start {}, and has no method with @WorkflowTask and no TaskHandler"
                            + " bean that does its tasks",
                    workflows.stream().map(Workflow::name).sorted().toList());
        }
    }

    /** Throws an {@link IllegalStateException} if the application is not to start. */
    void run(List<Workflow> workflows, List<TaskHandler<?>> handlers) {
        if (mode == Mode.FAIL) {
            guard.ifPresent(it -> it.requireServed(workflows, handlers));
        } else if (mode == Mode.WARN) {
            guard.ifPresent(it -> warn(it, workflows, handlers));
        }
    }

    /** A worker waits for a database that is away, and so does this not keep it from starting. */
    private static void warn(WorkflowGuard guard, List<Workflow> workflows, List<TaskHandler<?>> handlers) {
        try {
            guard.check(workflows, handlers)
                    .forEach(finding ->
                            log.warn("This application cannot do all that is under way: {}", finding.message()));
        } catch (DataAccessException e) {
            log.warn("What is under way could not be compared with the handlers of this application: {}", e.toString());
        }
    }
}
