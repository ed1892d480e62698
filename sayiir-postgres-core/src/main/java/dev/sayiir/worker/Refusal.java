package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;

/**
 * That a task cannot be done by this worker.
 *
 * @param error what is wrong, as it is stored
 * @param forOthers whether others may be able to do it, so that it is left for them for a while; else it is blocked at once
 */
record Refusal(BlockReason reason, String error, boolean forOthers) implements Ending {

    static Refusal forOthers(BlockReason reason, String error) {
        return new Refusal(reason, ErrorText.storable(error), true);
    }

    static Refusal ofAll(BlockReason reason, String error) {
        return new Refusal(reason, ErrorText.storable(error), false);
    }
}
