package dev.sayiir.worker;

import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.TaskCommit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A result that is to be stored, and who is told what has become of it. */
final class ReadyResult {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskCommit commit;
    private final long bytes;
    private final int tries;
    private final long number;
    private final Answer answer;
    private final AtomicBoolean answered = new AtomicBoolean();

    /** @param tries how often it was tried by itself; those that were not come first */
    ReadyResult(TaskCommit commit, int tries, long number, Answer answer) {
        this.commit = commit;
        this.bytes = CommitSize.of(commit);
        this.tries = tries;
        this.number = number;
        this.answer = answer;
    }

    /** Who wants to know; one of both is called, once. */
    interface Answer {

        void answered(CommitResult result);

        /** The worker stops; what follows from the result, if it is stored after all, is given back. */
        void stopped();
    }

    TaskCommit commit() {
        return commit;
    }

    long bytes() {
        return bytes;
    }

    int tries() {
        return tries;
    }

    long number() {
        return number;
    }

    String instanceId() {
        return commit.claim().instanceId();
    }

    /** Of a whole instance, so that it cannot be stored together with anything else of it. */
    boolean isOfWholeInstance() {
        return commit instanceof TaskCommit.OfTask;
    }

    boolean isAnswered() {
        return answered.get();
    }

    /** Whether this was the answer; not if the worker has stopped. */
    boolean answer(CommitResult result) {
        boolean first = answered.compareAndSet(false, true);
        if (first) {
            tell(() -> answer.answered(result));
        }
        return first;
    }

    void stop() {
        if (answered.compareAndSet(false, true)) {
            tell(answer::stopped);
        }
    }

    /** What comes of one answer is nothing to the others. */
    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            log.error(
                    "What follows from the result of task '{}' of instance '{}' failed",
                    commit.claim().taskId(),
                    instanceId(),
                    e);
        }
    }
}
