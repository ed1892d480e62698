package dev.sayiir.postgres;

import java.util.concurrent.ThreadLocalRandom;

/**
 * One thing that a caller wants written once, through all attempts at it. Where it is in doubt whether an earlier attempt
 * was carried out, the next one looks for its id before it writes anything.
 *
 * @param id drawn at random, stored with the checkpoint
 * @param inDoubt whether an attempt before may have been carried out, or may even be under way still
 */
record Write(long id, boolean inDoubt) {

    static Write first() {
        return new Write(newId(), false);
    }

    static long newId() {
        return 1 + ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    }
}
