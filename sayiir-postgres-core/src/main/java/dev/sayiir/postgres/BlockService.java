package dev.sayiir.postgres;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.postgres.BlockedRepository.Refused;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Refuses tasks: one statement, followed by more only where a cancel or a pause is pending, which nobody else would carry out. */
final class BlockService {

    private final TransientFailures failures;
    private final BlockedRepository blocked;
    private final ClaimRepository claims;
    private final ClaimService claiming;
    private final EventTeller teller;

    BlockService(
            TransientFailures failures,
            BlockedRepository blocked,
            ClaimRepository claims,
            ClaimService claiming,
            EventTeller teller) {
        this.failures = failures;
        this.blocked = blocked;
        this.claims = claims;
        this.claiming = claiming;
        this.teller = teller;
    }

    private record Answer(List<Refused> refused, boolean inDoubt) {}

    /**
     * What became of each, in the same order. If the answer to an attempt was lost, the next one finds no claim on what that has
     * refused; what is pending there is carried out all the same.
     */
    List<Outcome> refuse(StoreOperation operation, List<TaskRefusal> refusals) {
        Answer answer = failures.retryWrite(
                operation,
                refusals.get(0).claim().instanceId(),
                write -> new Answer(blocked.refuse(refusals), write.inDoubt()));
        List<Outcome> outcomes = new ArrayList<>(Collections.nCopies(refusals.size(), Outcome.LOST));
        for (Refused refused : answer.refused()) {
            outcomes.set(refused.index(), refused.blocked() ? Outcome.BLOCKED : Outcome.LEFT);
            if (refused.blocked()) {
                teller.blocked(refusals.get(refused.index()));
            }
            if (refused.signalled()) {
                carryOut(operation, refusals.get(refused.index()));
            }
        }
        for (int i = 0; i < refusals.size(); i++) {
            if (outcomes.get(i) == Outcome.LOST) {
                outcomes.set(i, why(operation, refusals.get(i), answer.inDoubt()));
            }
        }
        return outcomes;
    }

    /** Why nothing was refused. */
    private Outcome why(StoreOperation operation, TaskRefusal refusal, boolean inDoubt) {
        if (failures.retry(operation, () -> claims.isHeld(refusal.claim()))) {
            return Outcome.LOCKED;
        }
        if (inDoubt) {
            carryOut(operation, refusal);
        }
        return Outcome.LOST;
    }

    /** What cannot be decoded can be neither cancelled nor paused; whoever can decode it finds the request. */
    private void carryOut(StoreOperation operation, TaskRefusal refusal) {
        if (refusal.reason() != BlockReason.UNREADABLE_SNAPSHOT) {
            claiming.isStopped(operation, refusal.claim());
        }
    }
}
