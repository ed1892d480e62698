package dev.sayiir.persistence;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * A sequence of operations. What a step does depends on its numbers and on what the player has at that moment, so that any
 * part of a script can be played as well.
 *
 * @param steps the operations, in order
 */
record Script(List<Step> steps) {

    /**
     * One operation.
     *
     * @param move which
     * @param instance on which instance
     * @param seed where all its further choices come from
     */
    record Step(Move move, int instance, long seed) {

        SplittableRandom random() {
            return new SplittableRandom(seed);
        }
    }

    /** What can be done. */
    enum Move {
        CREATE,
        SAVE,
        SAVE_STALE,
        SAVE_FROM_SCRATCH,
        SAVE_IF_VERSION,
        SAVE_RESULT,
        LOAD,
        DELETE,
        STORE_SIGNAL,
        CLEAR_SIGNAL,
        CHECK_AND_CANCEL,
        CHECK_AND_PAUSE,
        UNPAUSE,
        REQUEST_CANCEL,
        REQUEST_PAUSE,
        SEND_EVENT,
        SEND_EVENT_WITH_KEY,
        CONSUME_EVENT,
        CONSUME_EVENT_AND_SAVE,
        CLAIM_AVAILABLE,
        CLAIM_ONE,
        FIND_AVAILABLE,
        FIND_HINTED,
        EXTEND,
        RELEASE_ONE,
        RELEASE_ALL,
        COMMIT,
        COMMIT_AND_CARRY_ON,
        REDRIVE,
        FORK_OFF,
        LET_TIME_PASS,
        FORGET_THE_PAST
    }

    /** What happens more often than the rest, so that instances live for a while and workers get something done. */
    private static final List<Move> USUAL = List.of(
            Move.SAVE,
            Move.SAVE,
            Move.CLAIM_AVAILABLE,
            Move.CLAIM_AVAILABLE,
            Move.FIND_AVAILABLE,
            Move.COMMIT,
            Move.COMMIT,
            Move.COMMIT_AND_CARRY_ON,
            Move.SEND_EVENT,
            Move.REDRIVE,
            Move.REDRIVE,
            Move.LET_TIME_PASS,
            Move.LET_TIME_PASS);

    static Script random(SplittableRandom random, int length) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(Move.CREATE, 0, random.nextLong()));
        if (random.nextInt(3) == 0) { // so that there is an order
            steps.add(new Step(Move.LET_TIME_PASS, 1, random.nextLong()));
            steps.add(new Step(Move.CREATE, 1, random.nextLong()));
            steps.add(new Step(Move.CREATE, 2, random.nextLong()));
        }
        while (steps.size() < length) {
            Move[] all = Move.values();
            int choice = random.nextInt(all.length + USUAL.size());
            Move move = choice < all.length ? all[choice] : USUAL.get(choice - all.length);
            steps.add(new Step(move, Math.max(0, random.nextInt(8) - 5), random.nextLong()));
        }
        return new Script(steps);
    }

    /** The shortest script that still fails, as far as leaving out parts of this one leads to it. */
    Script cutDown(Predicate<Script> fails) {
        Script shortest = this;
        for (int part = steps.size() / 2; part > 0; part /= 2) {
            int start = 0;
            while (start + part <= shortest.steps.size()) {
                List<Step> rest = new ArrayList<>(shortest.steps);
                rest.subList(start, start + part).clear();
                Script shorter = new Script(rest);
                if (fails.test(shorter)) {
                    shortest = shorter;
                } else {
                    start += part;
                }
            }
        }
        return shortest;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        steps.forEach(step -> text.append(step).append('\n'));
        return text.toString();
    }
}
